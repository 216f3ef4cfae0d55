"""The other side of tests/bench/widgets.rs: jinja2 renders, json parses, the shape is checked, json writes without nulls.

One question a line on stdin, one answer a line on stdout.
"""
import json
import sys
import time

from jinja2 import Environment, StrictUndefined

ENVIRONMENT = Environment(undefined=StrictUndefined)


def check(node):
    """The shape that ChatKit checks."""
    if not isinstance(node, dict) or not isinstance(node.get("type"), str):
        raise ValueError("a node is an object with a type")
    for name in ("key", "id"):
        if not isinstance(node.get(name), (str, type(None))):
            raise ValueError(name)
    children = node.get("children")
    if isinstance(children, dict):
        check(children)
    elif children is not None:
        for child in children:
            check(child)


def wire(value):
    if isinstance(value, dict):
        return {name: wire(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [wire(item) for item in value if item is not None]
    return value


def once(template, data):
    tree = json.loads(template.render(**data))
    if tree.get("type") not in ("Card", "ListView", "Basic"):
        raise ValueError("root")
    check(tree)
    return json.dumps(wire(tree), separators=(",", ":"))


def answer(question):
    template = ENVIRONMENT.from_string(question["template"])
    data = question["data"]
    text = once(template, data)
    began = time.perf_counter()
    runs = 0
    while time.perf_counter() - began < question["seconds"]:
        for _ in range(16):
            once(template, data)
        runs += 16
    per_second = runs / (time.perf_counter() - began)
    return {"tree": json.loads(text), "per_second": per_second}


for line in sys.stdin:
    try:
        said = answer(json.loads(line))
    except Exception as error:
        said = {"error": str(error)}
    print(json.dumps(said), flush=True)
