"""A checkpoint in PyTorch and back: makes one tick by the equations, compares it with Eddy's, changes weights.

    pip install ./clients/python torch
    eddy run --headless --ticks 100 --checkpoints kept -p batch=4
    eddy run --headless --ticks 101 --checkpoints kept --from kept
    python3 examples/pytorch_checkpoint.py kept/tick-000000000100 kept/tick-000000000101 changed
    eddy run --from changed.json
"""

import sys

import torch
from eddy_client import checkpoint


def block_of(end: str, neurons: int) -> slice:
    """The units of a block, as "m1.SI", among the four of equal size that modules have by default."""
    start = ["RI", "SI", "RE", "SE"].index(end.split(".")[1]) * neurons // 4
    return slice(start, start + neurons // 4)


def carried(source: str, tensors: dict, beta: float):
    """What a pathway carries from its source, or None: inputs, states (z while errors travel), or -beta e."""
    if source.startswith("error("):
        name = source[len("error(") : -1]
        module = name.split(".")[0]
        error = tensors.get(f"errors/{module}" if "." in name else f"outputErrors/{module}")
        if error is None:
            return None
        return -beta * (error[:, block_of(name, error.shape[1])] if "." in name else error)
    if "." not in source:
        return tensors.get(f"inputs/{source}")
    module = source.split(".")[0]
    state = tensors.get(f"held/{module}", tensors[f"states/{module}"])
    return state[:, block_of(source, state.shape[1])]


def tick(kept: checkpoint.Checkpoint, tensors: dict) -> dict:
    """All modules one iteration, all at once: ``h <- tanh(h W + drive)``."""
    network, states = kept.run["network"], {}
    for module in network["modules"]:
        h = tensors[f"states/{module}"]
        drive = torch.zeros_like(h)
        for pathway in [*network["forward"], *network["errorPathways"]]:
            target, source = pathway["target"], pathway["source"]
            value = carried(source, tensors, kept.state["beta"]) if target.startswith(f"{module}.") else None
            if value is None:
                continue
            inner = source[len("error(") : -1] if source.startswith("error(") else source
            owner = inner.split(".")[0]
            name = f"error({owner})->{module}" if source.startswith("error(") else f"{owner}->{module}"
            gate = kept.state["gates"][name]
            drive[:, block_of(target, h.shape[1])] += gate * value @ tensors[f"weights/{name}"]
        states[module] = torch.tanh(h @ tensors[f"recurrent/{module}"] + drive)
    return states


before, after, changed = sys.argv[1:4]
kept, following = checkpoint.load(before), checkpoint.load(after)
tensors, wanted = kept.to_torch(), following.to_torch()
with torch.no_grad():
    for module, h in tick(kept, tensors).items():
        difference = (h - wanted[f"states/{module}"]).abs().max().item()
        print(f"{module}, tick {kept.tick} -> {following.tick}: largest difference {difference:.1e}")
    pathway = "weights/m1->m2"
    kept.take_torch({pathway: tensors[pathway] / 2})
checkpoint.save(changed, kept)
print(f"wrote {changed}: {pathway} halved")
