#!/usr/bin/env python3
"""What --json prints, against json-schema.json.

    tests/json_lines.py PROGRAM FOLDER

FOLDER has the MNIST files and samples/. Prints a line a check, "ok ..." or "not ok ...".
"""
import json
import os
import subprocess
import sys
import tempfile

PROGRAM, DATA = (os.path.realpath(path) for path in sys.argv[1:])
with open(os.path.join(os.path.dirname(os.path.realpath(__file__)), "json-schema.json")) as file:
    SCHEMA = json.load(file)["$defs"]
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
failed = False


def is_type(value, name):
    if name in ("number", "integer"):
        kinds = (int, float) if name == "number" else int
        return isinstance(value, kinds) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def faults(value, schema, place="$"):
    """Every way in which the value is not as the schema says: of JSON Schema, what stands there."""
    if "$ref" in schema:
        schema = SCHEMA[schema["$ref"].rsplit("/", 1)[1]]
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    if types and not any(is_type(value, name) for name in types):
        return [f"{place} is {value!r}, not of type {types}"]
    found = []
    if "const" in schema and value != schema["const"]:
        found.append(f"{place} is {value!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{place} is {value!r}")
    if is_type(value, "number"):
        if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            found.append(f"{place} is {value}")
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"{place} has {len(value)} items")
        for i, item in enumerate(value):
            found += faults(item, schema["items"], f"{place}[{i}]")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        found += [f"{place} lacks {key}" for key in schema.get("required", []) if key not in value]
        for key, member in value.items():
            rest = schema.get("additionalProperties", True)
            if key in properties:
                found += faults(member, properties[key], f"{place}.{key}")
            elif rest is False:
                found.append(f"{place} has {key}")
            elif rest is not True:
                found += faults(member, rest, f"{place}.{key}")
    return found


def result(what, found):
    global failed
    failed |= bool(found)
    print(f"not ok {what}: {'; '.join(found[:5])}" if found else f"ok {what}")


def check(what, arguments, kinds, **options):
    """Run the command; each of its lines is of one of the kinds, all of which occur."""
    run = subprocess.run([PROGRAM, *arguments], capture_output=True, cwd=work, **{"encoding": "utf-8", **options})
    seen, found = set(), []
    for line in run.stdout.splitlines():
        def unique(pairs):
            keys = [key for key, _ in pairs]
            if len(set(keys)) < len(keys):
                found.append(f"a key twice in {line}")
            return dict(pairs)
        try:
            value = json.loads(line, object_pairs_hook=unique, parse_constant=found.append)
        except ValueError as error:
            found.append(f"{error}: {line}")
            continue
        ways = {kind: faults(value, SCHEMA[kind]) for kind in kinds}
        fitting = [kind for kind in kinds if not ways[kind]]
        seen |= set(fitting)
        if not fitting:
            found.append(f"{min(ways.values(), key=len)} in {line[:200]}")
    found += [f"no line of {kind}; {run.stderr}" for kind in kinds if kind not in seen]
    result(what, found)


with tempfile.TemporaryDirectory() as work:
    samples = os.path.join(DATA, "samples")
    train = ["train", "-q", "--json", "--data", DATA, "--limit", "200", "--epochs", "2",
             "--network", "conv:4,3,2 relu flatten dense:10 softmax"]
    check("train", train + ["--eval-train", "--checkpoint", "c"],
          ["train begin", "train step", "train epoch", "train end"])
    check("train, resumed", ["train", "-q", "--json", "--resume", "c"], ["train begin", "train end"])
    check("train without validation", train + ["--val-split", "0", "--optimizer", "sgd"],
          ["train begin", "train step", "train epoch", "train end"])
    check("train that diverges", train + ["--learning-rate", "1e30"],
          ["train begin", "train step", "train failed"])
    check("predict", ["predict", "-q", "--json", "--top", "3", samples, "missing.png"],
          ["predict", "predict failed"])
    with open(os.path.join(samples, "3.pgm"), "rb") as file:
        check("predict, of a stream", ["predict", "-q", "--json", "-"],
              ["predict", "predict failed"], input=file.read().decode("latin-1") * 2 + "?",
              encoding="latin-1")
    check("eval", ["eval", "--json", "--data", DATA], ["eval"])
    check("eval --against", ["eval", "--json", "--data", DATA, "--against", "builtin"], ["eval"])
    check("inspect data", ["inspect", "data", "--json", "--data", DATA, "--split", "test",
          "--augment", "shift"], ["inspect data"])
    check("inspect model", ["inspect", "model", "--json"], ["inspect model"])
    check("inspect image", ["inspect", "image", "--json", os.path.join(samples, "7.pgm")],
          ["inspect image"])
    wrong = {"place": "here", "split": "val", "images": "7"}
    result("the schema refuses what is wrong",
           [] if len(faults(wrong, SCHEMA["inspect data"])) == 6 else ["it does not"])
sys.exit(failed)
