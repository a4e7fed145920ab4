#!/usr/bin/env python3
"""Are files of torch.save, Keras, HDF5, GGUF, ONNX and NumPy named, and do the lines of Python that
the program prints make a file of them with which it computes the same?

    tests/foreign.py BUILD

BUILD has mnist-cnn and logits. Uses torch, keras, h5py, gguf, onnx and safetensors, and leaves out,
and names, what is not installed. Prints a line a check, "ok ..." or "not ok ...".
"""

import os
import re
import subprocess
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "torch")

TORCH = ("conv:6,3 batchnorm relu maxpool:2 conv:8,3,same relu maxpool:2 flatten dense:20 relu "
         "dense:10 softmax")
COUNT = 50

failures = 0


def check(what, holds, found=""):
    global failures
    failures += not holds
    print(("ok " if holds else "not ok ") + what + (f" ({found})" if found else ""), flush=True)


def convert(build, path):
    """Do what the program says of a file; returns the path of the one that is made."""
    command = [os.path.join(build, "mnist-cnn"), "inspect", "model", "--model", path]
    message = subprocess.run(command, capture_output=True, text=True).stderr
    code = "\n".join(line[4:] for line in message.split("\n")[1:])
    made = path + ".safetensors"
    code = code.replace('"model.safetensors"', repr(made))
    code = re.sub(r'"model\.\w+"', repr(path), code)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          cwd=os.path.dirname(path))
    check(f"{os.path.basename(path)}: {message.split(': ')[2].split(';')[0]}",
          done.returncode == 0, done.stderr.strip().split("\n")[-1])
    return made


def compare(build, path, images, expected, column):
    import numpy
    done = subprocess.run([os.path.join(build, "logits"), path, TORCH], input=images.tobytes(),
                          capture_output=True)
    if done.returncode:
        check(os.path.basename(path), False, done.stderr.decode().strip())
        return
    own = numpy.frombuffer(done.stdout, numpy.float32).reshape(len(images), 2, 10)[:, column]
    worst = abs(own - expected).max()
    check(f"{os.path.basename(path)}: differs by at most 1e-5", worst <= 1e-5, f"{worst:.2g}")


def torch_files(folder, images):
    """Yields a file of each kind that a network of PyTorch has, and its scores."""
    import numpy
    import torch
    from torch import nn

    torch.manual_seed(1)
    layers = [("conv1", nn.Conv2d(1, 6, 3, bias=False)), ("bn1", nn.BatchNorm2d(6)),
              ("relu1", nn.ReLU()), ("pool1", nn.MaxPool2d(2)),
              ("conv2", nn.Conv2d(6, 8, 3, padding=1)), ("relu2", nn.ReLU()),
              ("pool2", nn.MaxPool2d(2)), ("flatten", nn.Flatten()), ("fc1", nn.Linear(288, 20)),
              ("relu3", nn.ReLU()), ("fc2", nn.Linear(20, 10))]
    network = nn.Sequential()
    for name, layer in layers:
        network.add_module(name, layer)
    network[1].running_mean.uniform_(-0.1, 0.1)
    network[1].running_var.uniform_(0.5, 1.5)
    network.eval()
    state = network.state_dict()
    with torch.no_grad():
        scores = network(torch.tensor(images / 255).float()[:, None]).numpy()
    torch.save(state, f"{folder}/state.pt")
    torch.save({"epoch": 3, "model_state_dict": state}, f"{folder}/checkpoint.pth")
    torch.save(state, f"{folder}/legacy.pt", _use_new_zipfile_serialization=False)
    numpy.savez(f"{folder}/arrays.npz", **{k: v.double().numpy() for k, v in state.items()})
    os.mkdir(f"{folder}/arrays")
    for name, values in state.items():
        numpy.save(f"{folder}/arrays/{name}.npy", values.numpy())
    names = ["state.pt", "checkpoint.pth", "legacy.pt", "arrays.npz", "arrays/fc1.weight.npy"]
    floats = {k: v.numpy() for k, v in state.items() if v.dtype == torch.float32}
    try:
        import gguf
        writer = gguf.GGUFWriter(f"{folder}/weights.gguf", "mnist")
        for name, values in floats.items():
            writer.add_tensor(name, values)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        names.append("weights.gguf")
    except ImportError:
        print("left out: GGUF, since Python has no gguf")
    try:
        import onnx
        tensors = [onnx.numpy_helper.from_array(v, k) for k, v in floats.items()]
        onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [], tensors)),
                  f"{folder}/graph.onnx")
        names.append("graph.onnx")
    except ImportError:
        print("left out: ONNX, since Python has no onnx")
    return [f"{folder}/{name}" for name in names], scores, 0


def keras_files(folder, images):
    import keras
    import numpy
    from keras import layers

    keras.utils.set_random_seed(3)
    network = keras.Sequential([
        layers.Input((28, 28, 1)), layers.Conv2D(6, 3), layers.BatchNormalization(),
        layers.ReLU(), layers.MaxPooling2D(2),
        layers.Conv2D(8, 3, padding="same", activation="relu"), layers.MaxPooling2D(2),
        layers.Flatten(), layers.Dense(20, activation="relu"), layers.Dropout(0.5),
        layers.Dense(10, activation="softmax")])
    for weight in network.weights:
        if "moving_variance" in weight.path:
            weight.assign(numpy.linspace(0.01, 0.1, 6))
    network.save(f"{folder}/network.keras")
    network.save(f"{folder}/network.h5")
    network.save_weights(f"{folder}/only.weights.h5")
    numpy.savez(f"{folder}/list.npz", *network.get_weights())
    names = ["network.keras", "network.h5", "only.weights.h5", "list.npz"]
    probabilities = network.predict(images[..., None] / 255, verbose=0)
    return [f"{folder}/{name}" for name in names], probabilities, 1


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        for make in torch_files, keras_files:
            try:
                import numpy
                import safetensors  # noqa: F401
                images = numpy.random.RandomState(5).randint(0, 256, (COUNT, 28, 28), numpy.uint8)
                paths, expected, column = make(folder, images)
            except ImportError as missing:
                print(f"left out: {make.__name__}, since Python has no {missing.name}")
                continue
            for path in paths:
                compare(build, convert(build, path), images, expected, column)
    sys.exit(failures > 0)


main()
