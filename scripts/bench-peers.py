"""The reference job in PyTorch or Keras, for bench.sh.

Usage: bench-peers.py torch-eager|torch-channels_last|keras DATA IMAGES THREADS

DATA is the folder with the training files, IMAGES how many of them to train on; 12,000 others
validate. Prints "NAME TAB SECONDS TAB ACCURACY" for training alone, with the images in memory."""

import gzip
import os
import sys
import time

import numpy as np

BATCH = 64
EPOCHS = 3
VALIDATION = 12000


def read(folder, name, header):
    path = os.path.join(folder, name)
    if os.path.exists(path + ".gz"):
        with gzip.open(path + ".gz") as file:
            data = file.read()
    else:
        with open(path, "rb") as file:
            data = file.read()
    return np.frombuffer(data, np.uint8, offset=header)


def load(folder, count):
    """Images as floats (n, 28, 28) and labels, to train and to validate."""
    images = read(folder, "train-images-idx3-ubyte", 16).reshape(-1, 28, 28)
    labels = read(folder, "train-labels-idx1-ubyte", 8).astype(np.int64)
    order = np.random.default_rng(1).permutation(len(images))
    parts = order[:count], order[-VALIDATION:]
    return [(images[part].astype(np.float32) / 255, labels[part]) for part in parts]


def report(name, seconds, accuracy):
    print(f"{name}\t{seconds:.4f}\t{accuracy * 100:.3f}")


def bench_torch(layout, train, validation, threads):
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    form = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10),
    ).to(memory_format=form)
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def tensors(images, labels):
        images = torch.from_numpy(images).unsqueeze(1).contiguous(memory_format=form)
        return images, torch.from_numpy(labels)

    images, labels = tensors(*train)
    start = time.perf_counter()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad()
            loss = loss_function(model(images[batch]), labels[batch])
            loss.backward()
            optimizer.step()
    seconds = time.perf_counter() - start

    model.eval()
    images, labels = tensors(*validation)
    with torch.no_grad():
        hits = sum((model(x).argmax(1) == y).sum().item()
                   for x, y in zip(images.split(1000), labels.split(1000)))
    report(f"PyTorch {torch.__version__} {layout}", seconds, hits / len(images))


def bench_keras(train, validation, threads):
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf
    import keras
    from keras import layers

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    keras.utils.set_random_seed(1)
    model = keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(2),
        layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

    class Clock(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.seconds = []

        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            self.seconds.append(time.perf_counter() - self.start)

    clock = Clock()
    images, labels = train
    model.fit(images[..., None], labels, batch_size=BATCH, epochs=EPOCHS, verbose=0,
              callbacks=[clock])
    images, labels = validation
    _, accuracy = model.evaluate(images[..., None], labels, batch_size=1000, verbose=0)

    # The first epoch also traces and compiles the model.
    later = clock.seconds[1:]
    name = f"Keras {keras.__version__}, TensorFlow {tf.__version__}"
    report(name, sum(clock.seconds), accuracy)
    report(f"{name}, already traced", sum(later) / len(later) * EPOCHS, accuracy)


def main():
    peer, folder, count, threads = sys.argv[1:]
    train, validation = load(folder, int(count))
    if peer == "keras":
        bench_keras(train, validation, int(threads))
    else:
        bench_torch(peer.removeprefix("torch-"), train, validation, int(threads))


main()
