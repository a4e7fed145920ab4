/* What scripts/bench.sh cannot measure by itself; see usage. Not a test. */
#define _POSIX_C_SOURCE 200809L
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE /* ru_maxrss */
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/evaluate.h"
#include "app/model.h"
#include "base/clock.h"
#include "compute/cpu.h"
#include "mnist.h"

static const char usage[] =
	"Usage: bench kernels                      the tables that run here, the fastest first\n"
	"       bench flops SPEC                   dense training, MFLOP an image\n"
	"       bench peak THREADS                 NAME SECONDS: a TFLOP of multiply-adds\n"
	"       bench validate MODEL DATA THREADS  seconds for 12,000 of the training images\n"
	"       bench run COMMAND [ARGUMENT]...    SECONDS KIB: start to end, most memory\n";

static int bench_kernels(void)
{
	const struct kernels *kernels;

	for (size_t i = 0; (kernels = kernels_available(i)); i++)
		puts(kernels->name);
	return 0;
}

/* Forward, each weight is one multiply-add a pixel of the output, be the pixels around the image
 * zeros or not. So it is for the gradient of the weights, and for that of the input, which the
 * first layer does not need. */
static double dense_flops(const struct network *network)
{
	double flops = 0;
	int passes = 2;

	for (int i = 0; i < network->layer_count; i++) {
		const struct layer *layer = &network->layers[i];

		if (layer->param_count == 0)
			continue;
		double pixels = layer->out.flat ? 1 : (double)layer->out.h * layer->out.w;
		flops += passes * 2 * pixels * (double)layer->params[0].count;
		passes = 3;
	}
	return flops;
}

static int bench_flops(const char *spec, struct error *error)
{
	const struct shape image = {.h = MNIST_SIDE, .w = MNIST_SIDE, .c = 1};
	struct network network = {0};

	if (network_build(&network, spec, image, 10, error))
		return -1;
	printf("%.6f\n", dense_flops(&network) / 1e6);
	network_free(&network);
	return 0;
}

/* Chains of dependent multiply-adds: enough of them to keep busy all units of a processor for as
 * long as one takes (2 × 4 cycles on x86-64, 4 × 4 on the widest aarch64), and few enough to stay
 * in registers. They approach 2, each from elsewhere, lest a compiler takes them for one. This file
 * is compiled with -ffp-contract=fast. */
#if defined(__aarch64__)
#define CHAINS 24
#else
#define CHAINS 12
#endif

typedef float vec4 __attribute__((vector_size(16)));
typedef float vec8 __attribute__((vector_size(32)));
typedef float vec16 __attribute__((vector_size(64)));

static float chains_plain(long rounds)
{
	const vec4 half = 0.5f - (vec4){0}, one = half + half;
	vec4 sums[CHAINS], total = {0};

	for (int j = 0; j < CHAINS; j++)
		sums[j] = one * (float)-j;
	for (long i = 0; i < rounds; i++)
		for (int j = 0; j < CHAINS; j++)
			sums[j] = sums[j] * half + one;
	for (int j = 0; j < CHAINS; j++)
		total += sums[j];
	return total[0];
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static float chains_avx2(long rounds)
{
	const vec8 half = 0.5f - (vec8){0}, one = half + half;
	vec8 sums[CHAINS], total = {0};

	for (int j = 0; j < CHAINS; j++)
		sums[j] = one * (float)-j;
	for (long i = 0; i < rounds; i++)
		for (int j = 0; j < CHAINS; j++)
			sums[j] = sums[j] * half + one;
	for (int j = 0; j < CHAINS; j++)
		total += sums[j];
	return total[0];
}

__attribute__((target("avx512f"))) static float chains_avx512(long rounds)
{
	const vec16 half = 0.5f - (vec16){0}, one = half + half;
	vec16 sums[CHAINS], total = {0};

	for (int j = 0; j < CHAINS; j++)
		sums[j] = one * (float)-j;
	for (long i = 0; i < rounds; i++)
		for (int j = 0; j < CHAINS; j++)
			sums[j] = sums[j] * half + one;
	for (int j = 0; j < CHAINS; j++)
		total += sums[j];
	return total[0];
}
#endif

struct chains {
	const char *name;
	int lanes;
	float (*run)(long rounds);
};

static struct chains widest_chains(void)
{
#if defined(__x86_64__)
	if (cpu_has_avx512())
		return (struct chains){"avx512", 16, chains_avx512};
	if (cpu_has_avx2())
		return (struct chains){"avx2", 8, chains_avx2};
#endif
	return (struct chains){"plain", 4, chains_plain};
}

struct chains_call {
	struct chains chains;
	long rounds;
};

static void run_chains(void *context, int task, int worker)
{
	const struct chains_call *call = context;
	volatile float result = call->chains.run(call->rounds); /* volatile: so that it is computed */

	(void)result;
	(void)task;
	(void)worker;
}

static double time_chains(struct workers *workers, struct chains_call *call)
{
	double start = clock_seconds();

	workers_run(workers, workers_count(workers), run_chains, call);
	return clock_seconds() - start;
}

/* The best of several tries of 10 ms or more each. */
static void bench_peak(struct workers *workers)
{
	struct chains_call call = {widest_chains(), 1 << 16};
	double best;

	while ((best = time_chains(workers, &call)) < 0.01)
		call.rounds *= 2;
	for (int i = 0; i < 20; i++) {
		double seconds = time_chains(workers, &call);
		if (seconds < best)
			best = seconds;
	}
	double flops = 2.0 * call.chains.lanes * CHAINS * (double)call.rounds * workers_count(workers);
	printf("%s %.6f\n", call.chains.name, best / flops * 1e12);
}

/* With the batch size that the model was trained with, as `train` validates. */
static int bench_validate(const char *model, const char *data, const struct engine *engine,
						  struct error *error)
{
	struct dataset dataset = {0};
	struct network network = {0};
	struct executor *executor = NULL;
	struct evaluation evaluation;
	int status = -1;

	if (!dataset_load(&dataset, &(struct dataset_options){.path = data}, DATASET_TRAIN, NULL,
					  error) &&
		!model_load(model, NULL, &network, NULL, NULL, error) &&
		(executor = executor_open(&network, engine, settings_default().batch_size, EXECUTOR_PREDICT,
								  error))) {
		double start = clock_seconds();
		evaluate(executor, &dataset, NULL, dataset.count < 12000 ? dataset.count : 12000, NULL,
				 &evaluation, NULL, NULL);
		printf("%.6f\n", clock_seconds() - start);
		status = 0;
	}
	executor_close(executor);
	network_free(&network);
	dataset_free(&dataset);
	return status;
}

/* What the command prints goes nowhere, its messages go where ours go. */
static int bench_run(char **command, struct error *error)
{
	struct rusage resources;
	double start = clock_seconds();
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (freopen("/dev/null", "w", stdout))
			execvp(command[0], command);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || getrusage(RUSAGE_CHILDREN, &resources))
		return error_set(error, "%s: %s", command[0], strerror(errno));
	double seconds = clock_seconds() - start;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(error, "%s: failed", command[0]);
#if defined(__APPLE__)
	resources.ru_maxrss /= 1024;
#endif
	printf("%.6f %ld\n", seconds, resources.ru_maxrss);
	return 0;
}

static int bench(int count, char **words, struct error *error)
{
	const char *what = words[0];
	struct engine engine = {0};
	int status = 0;

	if (!strcmp(what, "run") && count >= 2)
		return bench_run(words + 1, error);
	if (!strcmp(what, "kernels") && count == 1)
		return bench_kernels();

	bool flops = !strcmp(what, "flops") && count == 2;
	bool peak = !strcmp(what, "peak") && count == 2;
	bool validate = !strcmp(what, "validate") && count == 4;
	if (!flops && !peak && !validate)
		return error_set(error, "wrong arguments\n%s", usage);
	if (engine_open(&engine, "auto", flops ? 1 : atoi(words[count - 1]), error))
		return -1;
	if (flops)
		status = bench_flops(words[1], error);
	else if (peak)
		bench_peak(engine.workers);
	else
		status = bench_validate(words[1], words[2], &engine, error);
	engine_close(&engine);
	return status;
}

int main(int argc, char **argv)
{
	struct error error;

	if (argc < 2) {
		fputs(usage, stderr);
		return 2;
	}
	if (bench(argc - 1, argv + 1, &error)) {
		fprintf(stderr, "bench: %s\n", error.text);
		return 1;
	}
	return fflush(stdout) ? 1 : 0;
}
