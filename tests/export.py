#!/usr/bin/env python3
"""Exported networks against the other programs that run them.

    tests/export.py BUILD [onnx] [torch] [keras] [page] [c]

BUILD holds mnist-cnn and logits. For the built-in network and for small ones, which together have
every kind of layer, each form must give the network's own answers: ONNX in ONNX Runtime, the page in
Chromium (where strokes are drawn, too), C compiled by gcc and, but not run, by arm-none-eabi-gcc,
the programs of `inspect model --python` in PyTorch and Keras 3.
A form whose tools are not installed is left out, and named. Prints a line a check, "ok ..." or "not
ok ...".
"""
import base64
import gzip
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import browser

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WARNINGS = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wshadow",
            "-Wdouble-promotion", "-Wstrict-prototypes", "-Wmissing-prototypes"]

# Small networks: name, height, width, classes, text, options of train. The images are noise, with a class each.
SMALL = [
    ("layers", 12, 9, 3, "conv:6,5,2,same tanh batchnorm avgpool:3,2 conv:8,2 sigmoid "
     "flatten batchnorm dropout:0.2 dense:20 relu batchnorm dense:3 softmax"),
    ("pooled", 28, 28, 10, "conv:8,4,3,same relu conv:8,5,1,same maxpool:3,2 avgpool:2 flatten "
     "tanh dense:10 dropout:0.1 softmax"),
    ("order", 6, 3, 4, "conv:2,3,3 flatten batchnorm softmax"),
    ("bare", 5, 7, 35, "flatten dropout:0.5 softmax"),
    ("scaled", 9, 9, 3, "conv:4,3,same relu flatten dense:3 softmax", "--input-scale", "0.1,0.3"),
]

failures = 0


def check(what, holds, found=""):
    global failures
    failures += not holds
    print(("ok " if holds else "not ok ") + what + (f" ({found})" if found else ""), flush=True)


def run(*command, **more):
    return subprocess.run(command, check=True, **more)


def read_idx(path):
    with gzip.open(path) as file:
        data = file.read()
    return data[4 + 4 * data[3]:]


def write_idx(path, dims, data):
    with open(path, "wb") as file:
        file.write(bytes([0, 0, 8, len(dims)]) + b"".join(d.to_bytes(4, "big") for d in dims) + data)


class Net:
    """A model's file, images of its size, and its own answers: for each image its logits and its
    probabilities."""

    def __init__(self, build, folder, name, model, images, height, width, classes):
        self.name, self.model, self.images = name, model, images
        self.height, self.width, self.classes = height, width, classes
        self.base = os.path.join(folder, name)
        self.program = os.path.join(build, "mnist-cnn")
        answers = run(os.path.join(build, "logits"), model, input=images, stdout=subprocess.PIPE)
        floats = memoryview(answers.stdout).cast("f").tolist()
        self.count = len(images) // (height * width)
        self.logits = [floats[2 * i * classes:(2 * i + 1) * classes] for i in range(self.count)]
        self.probabilities = [floats[(2 * i + 1) * classes:(2 * i + 2) * classes]
                              for i in range(self.count)]

    def export(self, ending, *options):
        path = self.base + ending
        run(self.program, "export", "--quiet", "--model", self.model, *options, path)
        return path

    def compare(self, form, values, own, tolerance):
        """`values` and `own` are lists of lists; `values` may be of the first images only."""
        worst = max(abs(a - b) for x, y in zip(values, own) for a, b in zip(x, y))
        check(f"{self.name}: {form} differs by at most {tolerance:g} on {len(values)} images",
              worst <= tolerance, f"{worst:.2g}")

    def same_classes(self, form, values, own, at_most=0):
        differ = sum(best(a) != best(b) for a, b in zip(values, own))
        check(f"{self.name}: {form} reads {len(values)} images alike, but for at most {at_most}",
              differ <= at_most, differ)


def best(values):
    return max(range(len(values)), key=values.__getitem__)


def make_small(build, folder, name, height, width, classes, text, *options):
    data = os.path.join(folder, name + "-data")
    draw = random.Random(name)
    os.mkdir(data)
    for part, count in ("train", 500), ("t10k", 300):
        images = bytes(draw.choices(range(256), k=count * height * width))
        labels = bytes(i % classes for i in range(count))
        write_idx(f"{data}/{part}-images-idx3-ubyte", [count, height, width], images)
        write_idx(f"{data}/{part}-labels-idx1-ubyte", [count], labels)
    model = os.path.join(folder, name + ".safetensors")
    run(os.path.join(build, "mnist-cnn"), "train", "--quiet", "--data", data, "--network", text,
        "--epochs", "2", "--model", model, "--curves", os.path.join(folder, "curves.csv"), *options)
    return Net(build, folder, name, model, images, height, width, classes)


# ---- ONNX ----

def check_onnx(nets):
    try:
        import numpy
        import onnx
        import onnxruntime
    except ImportError as missing:
        print(f"left out: ONNX, since Python has no {missing.name}")
        return
    for net in nets:
        path = net.export(".onnx")
        onnx.checker.check_model(onnx.load(path), full_check=True)
        session = onnxruntime.InferenceSession(path)
        images = numpy.frombuffer(net.images, numpy.uint8).astype(numpy.float32) / 255
        images = images.reshape(-1, 1, net.height, net.width)
        logits, probabilities = [], []
        for first in range(0, len(images), 500):
            some = session.run(["logits", "probabilities"], {"image": images[first:first + 500]})
            logits += some[0].tolist()
            probabilities += some[1].tolist()
        net.same_classes("ONNX", probabilities, net.probabilities)
        net.compare("ONNX", probabilities, net.probabilities, 1e-5)
        net.compare("ONNX, of logits,", logits, net.logits, 1e-4)
        metadata = session.get_modelmeta().custom_metadata_map
        check(f"{net.name}: ONNX names {net.classes} classes and the layers",
              len(metadata["class_names"].split("\n")) == net.classes and "network" in metadata)


# ---- programs in Python ----

def check_python(nets, framework):
    try:
        import numpy
        import safetensors
        __import__(framework)
    except ImportError as missing:
        print(f"left out: programs for {framework}, since Python has no {missing.name}")
        return
    for net in nets:
        made = subprocess.run([net.program, "inspect", "model", "--model", net.model, "--python",
                               framework], capture_output=True, text=True)
        if made.returncode:
            check(f"{net.name}: no program for {framework}, and the layer is named",
                  net.name == "order" and "cannot express the layer flatten" in made.stderr,
                  made.stderr)
            continue
        names = {}
        exec(made.stdout, names)
        images = numpy.frombuffer(net.images, numpy.uint8).astype(numpy.float32) / 255
        if net.name == "scaled":  # as the program's last lines say
            images = (images - 0.1) / 0.3
        if framework == "torch":
            import torch
            images = torch.tensor(images.reshape(-1, 1, net.height, net.width))
            with torch.no_grad():
                probabilities = names["network"](images).tolist()
        else:
            images = images.reshape(-1, net.height, net.width, 1)
            probabilities = names["network"].predict(images, verbose=0).tolist()
        net.same_classes(framework, probabilities, net.probabilities)
        net.compare(framework, probabilities, net.probabilities, 1e-5)


# ---- C ----

MAIN = """
#include <stdio.h>
#include "NAME.h"
int main(void)
{
	static struct NAME_work work;
	static unsigned char pixels[PIXELS];
	static float probabilities[CLASSES];
	while (fread(pixels, 1, sizeof pixels, stdin) == sizeof pixels) {
		NAME_predict(pixels, &work, probabilities);
		fwrite(probabilities, sizeof *probabilities, CLASSES, stdout);
	}
	return 0;
}
"""


def compile_and_run(net, path):
    name = os.path.splitext(os.path.basename(path))[0]
    program = os.path.splitext(path)[0]
    text = MAIN.replace("NAME", name).replace("PIXELS", str(net.height * net.width))
    with open(program + "-main.c", "w") as file:
        file.write(text.replace("CLASSES", str(net.classes)))
    run("gcc", "-O2", *WARNINGS, program + "-main.c", path, "-o", program, "-lm")
    floats = memoryview(run(program, input=net.images, stdout=subprocess.PIPE).stdout).cast("f")
    return [floats[i:i + net.classes].tolist() for i in range(0, len(floats), net.classes)]


def check_c(nets, labels):
    if not shutil.which("gcc"):
        print("left out: C, since gcc is not installed")
        return
    for net in nets:
        path = net.export(".c")
        probabilities = compile_and_run(net, path)
        net.same_classes("C", probabilities, net.probabilities)
        net.compare("C", probabilities, net.probabilities, 1e-5)
        int8 = net.export("_int8.c", "--int8")
        cross_compile(net, path, int8)
        probabilities = compile_and_run(net, int8)
        if net is not nets[0]:
            continue # noise is not recognized by anything but chance
        lost = sum(best(a) == label for a, label in zip(net.probabilities, labels)) - \
            sum(best(a) == label for a, label in zip(probabilities, labels))
        check(f"{net.name}: C of 8 bits loses at most 0.1 points of accuracy",
              lost <= 0.001 * net.count, f"{lost} of {net.count}")


def cross_compile(net, *paths):
    arm = "arm-none-eabi-gcc"
    if not shutil.which(arm):
        print(f"left out: C for a microcontroller, since {arm} is not installed")
        return
    for path in paths:
        result = subprocess.run([arm, "-mcpu=cortex-m4", "-mthumb", "-Os", *WARNINGS, "-c", path,
                                 "-o", path + ".o"])
        check(f"{net.name}: {arm} compiles {os.path.basename(path)}", result.returncode == 0)


# ---- the page ----

# Digits as strokes on a square of side 1.
STROKES = [
    [[(.5, .15), (.33, .25), (.28, .5), (.35, .75), (.5, .85), (.65, .75), (.7, .5), (.65, .25),
      (.5, .15)]],
    [[(.4, .3), (.55, .15), (.55, .85)]],
    [[(.3, .3), (.4, .17), (.58, .17), (.66, .3), (.6, .45), (.3, .83), (.72, .83)]],
    [[(.32, .25), (.42, .17), (.58, .17), (.65, .3), (.57, .42), (.45, .47), (.6, .52), (.68, .65),
      (.6, .8), (.43, .84), (.31, .76)]],
    [[(.6, .85), (.6, .15), (.28, .6), (.75, .6)]],
    [[(.68, .17), (.36, .17), (.34, .45), (.5, .42), (.66, .5), (.68, .7), (.55, .84), (.32, .8)]],
    [[(.62, .15), (.42, .3), (.33, .6), (.4, .82), (.58, .84), (.67, .7), (.6, .55), (.45, .54),
      (.35, .65)]],
    [[(.3, .18), (.7, .18), (.45, .85)], [(.38, .52), (.64, .52)]],
    [[(.6, .25), (.48, .16), (.36, .27), (.42, .42), (.6, .55), (.66, .7), (.55, .84), (.4, .82),
      (.33, .7), (.45, .52), (.6, .4), (.6, .25)]],
    [[(.64, .3), (.5, .17), (.37, .27), (.37, .43), (.5, .5), (.63, .4), (.64, .3), (.62, .6),
      (.5, .85)]],
]

# The paper as a picture, and what is shown.
STATE = """(() => {
	update();
	const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
	canvas.width = canvas.height = PLANE;
	context.fillStyle = "white";
	context.fillRect(0, 0, PLANE, PLANE);
	context.drawImage(ink.canvas, 0, 0);
	return { picture: canvas.toDataURL("image/png").split(",")[1], name: $("name").textContent,
		probabilities: [...reading.outputs.at(-1)] };
})()"""


def draw_digit(page, draw, digit, left, top, side):
    scale, angle = draw.uniform(.4, 1.1), draw.uniform(-.2, .2)
    for stroke in STROKES[digit]:
        points = []
        for (ax, ay), (bx, by) in zip(stroke, stroke[1:]):
            points += [(ax + (bx - ax) * k / 3, ay + (by - ay) * k / 3) for k in range(4)]
        for i, (x, y) in enumerate(points):
            x, y = scale * (x - .5 + draw.gauss(0, .006)), scale * (y - .5 + draw.gauss(0, .006))
            x, y = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
            at = left + side * min(max(.5 + x, .04), .96), top + side * min(max(.5 + y, .04), .96)
            if i == 0:
                page.mouse("Pressed", *at)
            page.mouse("Moved", *at)
        page.mouse("Released", *at)


def check_strokes(page, net, folder):
    draw = random.Random(1)
    left, top, side = page.evaluate(
        "(() => { const box = pad.getBoundingClientRect(); return [box.left, box.top, box.width] })()")
    picture = os.path.join(folder, "drawn.png")
    right = alike = 0
    for n in range(10):
        page.evaluate("$('clear').click()")
        draw_digit(page, draw, n, left, top, side)
        state = page.evaluate(STATE)
        right += state["name"] == str(n)
        with open(picture, "wb") as file:
            file.write(base64.b64decode(state["picture"]))
        said = json.loads(run(net.program, "predict", "--model", net.model, "--json", picture,
                              stdout=subprocess.PIPE).stdout)
        alike += said["number"] == str(best(state["probabilities"])) and \
            abs(said["probability"] - max(state["probabilities"])) < 0.005
    check("drawn digits are read", right >= 9, f"{right} of 10")
    check("predict reads the drawing alike, to 0.005", alike == 10, f"{alike} of 10")
    begin = page.thread_time()
    page.evaluate("for (let i = 0; i < 20; i++) update()")
    milliseconds = (page.thread_time() - begin) / 20 * 1000
    check("a stroke takes at most 30 ms of the processor", milliseconds <= 30,
          f"{milliseconds:.0f} ms")


def check_controls(page):
    state = "[items.length, $('undo').disabled, reading === null, $('name').textContent]"
    page.evaluate("$('clear').click(); update()")
    check("Clear empties the paper", page.evaluate(state) == [0, True, True, ""])
    page.evaluate("pad.focus()")
    for key in ["ArrowUp"] * 3 + [" "] + ["ArrowDown"] * 14 + [" "]:
        page.key(key)
    page.evaluate("update()")
    check("a 1 is drawn by the keyboard", page.evaluate(state) == [1, False, False, "1"])
    page.key("z", modifiers=2)
    page.evaluate("update()")
    check("Ctrl+Z takes the stroke back", page.evaluate(state) == [0, True, True, ""])
    page.evaluate("$('inside').open = true; update()")
    check("each layer with maps shows them",
          page.evaluate("[...document.querySelectorAll('.maps')].every(maps => maps.width > 1)"))


def check_pictures(page):
    for name, digit in ("data/samples/canvas.png", "2"), ("data/samples/7.pgm", None):
        with open(os.path.join(ROOT, name), "rb") as file:
            data = base64.b64encode(file.read()).decode()
        page.evaluate(f"""takePicture(new Blob([Uint8Array.from(atob("{data}"),
            letter => letter.charCodeAt(0))])).then(update)""")
        if digit:
            check(f"{name} is read", page.evaluate("$('name').textContent") == digit)
        else:
            check(f"{name}, which browsers do not read, changes nothing",
                  page.evaluate("items.length") == 1)


def check_page(nets, folder):
    program = browser.find()
    if not program:
        print("left out: the page, since Chromium is not installed")
        return
    page = browser.Browser(program)
    try:
        for net in nets:
            page.open(net.export(".html"))
            size = net.height * net.width
            count = min(net.count, 1000)
            images = base64.b64encode(net.images[:count * size]).decode()
            outputs = page.evaluate(f"""(() => {{
                const all = Uint8Array.from(atob("{images}"), letter => letter.charCodeAt(0));
                return Array.from({{ length: {count} }}, (_, i) =>
                    run(all.subarray(i * {size}, (i + 1) * {size})).slice(-2).map(x => [...x]));
            }})()""")
            net.compare("the page, of logits,", [output[0] for output in outputs], net.logits, 1e-4)
            net.compare("the page", [output[1] for output in outputs], net.probabilities, 1e-5)
            if net is nets[0]:
                check_strokes(page, net, folder)
                check_controls(page)
                check_pictures(page)
        check("the page has no errors", not page.errors, page.errors or "")
    finally:
        page.close()


def main():
    build, forms = sys.argv[1], sys.argv[2:] or ["onnx", "c", "page", "torch", "keras"]
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(ROOT, "data")
        nets = [Net(build, folder, "builtin", os.path.join(data, "model.safetensors"),
                    read_idx(os.path.join(data, "t10k-images-idx3-ubyte.gz")), 28, 28, 10)]
        nets += [make_small(build, folder, *small) for small in SMALL]
        if "onnx" in forms:
            check_onnx(nets)
        for framework in "torch", "keras":
            if framework in forms:
                check_python(nets, framework)
        if "c" in forms:
            check_c(nets, read_idx(os.path.join(data, "t10k-labels-idx1-ubyte.gz")))
        if "page" in forms:
            check_page(nets, folder)
    sys.exit(failures > 0)


main()
