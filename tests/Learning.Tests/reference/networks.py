"""The networks and losses of Learning once more, in plain PyTorch: the reference that the tests compare with.

    python3 networks.py FOLDER > answers.json

FOLDER holds cases.json and, for each case, the weights, features and targets as Learning made them (raw float32); the tests write it to the
folder that LEARNING_REFERENCE_CASES names. For each case the script prints: the number of parameters, the loss of the first batch in training
mode (without dropout) and the norm of its gradient with respect to every parameter, the scores in evaluation mode after that pass, and the losses
of 20 steps of Adam (AMSGrad).

There is no padding here at all: every clip passes each layer by itself, and batch norm joins the clips end to end.
"""
import json
import os
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F


class ClipNorm(nn.Module):
    """Batch norm over the frames of clips alone: the clips are laid end to end, normalised, and cut apart again."""

    def __init__(self, channels, affine=True):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=affine)

    def forward(self, clips):
        joined = self.norm(torch.cat(clips, 2))
        return list(joined.split([clip.shape[2] for clip in clips], 2))


class PReLU(nn.Module):
    def __init__(self):
        super().__init__()
        self.slope = nn.Parameter(torch.full((1,), 0.25))

    def forward(self, clips):
        return [F.prelu(clip, self.slope) for clip in clips]


def each(layer, clips):
    return [layer(clip) for clip in clips]


def convolution(inputs, outputs, two_dimensional):
    size, around = ((3, 3), (1, 1)) if two_dimensional else ((3, 1), (1, 0))
    return nn.Conv2d(inputs, outputs, size, padding=around, bias=False)


class Bottleneck(nn.Module):
    def __init__(self, channels, two_dimensional):
        super().__init__()
        inner = max(1, channels // 4)
        self.narrow = nn.Conv2d(channels, inner, 1, bias=False)
        self.narrow_norm = ClipNorm(inner)
        self.narrow_rectifier = PReLU()
        self.across = convolution(inner, inner, two_dimensional)
        self.across_norm = ClipNorm(inner)
        self.across_rectifier = PReLU()
        self.widen = nn.Conv2d(inner, channels, 1, bias=False)

    def forward(self, clips):
        inner = self.narrow_rectifier(self.narrow_norm(each(self.narrow, clips)))
        inner = self.across_rectifier(self.across_norm(each(self.across, inner)))
        return [clip + found for clip, found in zip(clips, each(self.widen, inner))]


class Block(nn.Module):
    def __init__(self, inputs, outputs, normalises, two_dimensional):
        super().__init__()
        self.window = (2, 2) if two_dimensional else (2, 1)
        if normalises:
            self.input_norm = ClipNorm(inputs)
        self.convolution = convolution(inputs, outputs, two_dimensional)
        self.pooled_norm = ClipNorm(outputs)
        self.rectifier = PReLU()
        self.bottleneck = Bottleneck(outputs, two_dimensional)

    def forward(self, clips):
        if hasattr(self, "input_norm"):
            clips = self.input_norm(clips)
        clips = [F.max_pool2d(self.convolution(clip), self.window, ceil_mode=True) for clip in clips]
        return self.bottleneck(self.rectifier(self.pooled_norm(clips)))


class Basic(nn.Module):
    def __init__(self, inputs, outputs, halves):
        super().__init__()
        stride = 2 if halves else 1
        self.first = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.first_norm = ClipNorm(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = ClipNorm(outputs)
        if halves or inputs != outputs:
            self.shortcut = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.shortcut_norm = ClipNorm(outputs)

    def forward(self, clips):
        inner = each(F.relu, self.first_norm(each(self.first, clips)))
        inner = self.second_norm(each(self.second, inner))
        passed = self.shortcut_norm(each(self.shortcut, clips)) if hasattr(self, "shortcut") else clips
        return [F.relu(found + clip) for found, clip in zip(inner, passed)]


class Stage(nn.Module):
    def __init__(self, inputs, outputs, layers, halves):
        super().__init__()
        self.layers = nn.ModuleList(
            Basic(inputs if layer == 0 else outputs, outputs, halves and layer == 0) for layer in range(layers))

    def forward(self, clips):
        for layer in self.layers:
            clips = layer(clips)
        return clips


class Recurrent(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.norm = nn.LayerNorm(inputs)
        self.gru = nn.GRU(inputs, units, batch_first=True, bidirectional=True)

    def forward(self, clips):
        states = []
        for clip in clips:
            frames = clip.permute(0, 2, 3, 1).flatten(2)
            _, last = self.gru(self.norm(frames))
            states.append(torch.cat([last[0], last[1]], 1))
        return torch.cat(states)


class Head(nn.Module):
    def __init__(self, inputs, hidden, classes):
        super().__init__()
        self.input_norm = nn.BatchNorm1d(inputs)
        self.hidden = nn.Linear(inputs, hidden, bias=False)
        self.hidden_norm = nn.BatchNorm1d(hidden)
        self.rectifier = PReLU()
        self.scores = nn.Linear(hidden, classes)

    def forward(self, x):
        x = self.hidden_norm(self.hidden(self.input_norm(x)))
        return self.scores(self.rectifier([x])[0])


class Network(nn.Module):
    def __init__(self, facts):
        super().__init__()
        self.kind, self.map = facts["type"], facts["frequencyMap"]
        self.first = facts["deepSupervisionFrom"] - 1
        bands, base = facts["bands"], facts["baseDepth"]
        inputs = 2 if self.map else 1
        if self.kind.startswith("resnet"):
            depths = [base * 2 ** stage for stage in range(4)]
            layers = {"resnet_18": [2, 2, 2, 2], "resnet_34": [3, 4, 6, 3]}[self.kind]
            self.stem = nn.Conv2d(inputs, base, 7, stride=2, padding=3, bias=False)
            self.stem_norm = ClipNorm(base)
            blocks = [Stage(depths[max(0, at - 1)], depth, layers[at], at > 0) for at, depth in enumerate(depths)]
        else:
            flat = self.kind == "cnn_2d"
            depths = [int(base * facts["growthRate"] ** block) for block in range(facts["blocks"])]
            entering = [inputs if flat else bands] + depths
            blocks = [Block(entering[at], depth, at > 0, flat) for at, depth in enumerate(depths)]
        self.feature_norm = ClipNorm(bands if self.kind == "cnn_1d" else 1, affine=False)
        self.blocks = nn.ModuleList(blocks)
        sums = sum(depths[self.first:])
        if facts["aggregation"] == "gru":
            rows = []
            for at, depth in enumerate(depths):
                bands = (bands + 1) // 2
                rows.append(depth * (1 if self.kind == "cnn_1d" else bands))
            self.aggregations = nn.ModuleList(Recurrent(width, facts["recurrentUnits"]) for width in rows[self.first:])
            sums = 2 * facts["recurrentUnits"] * (len(depths) - self.first)
        self.head = Head(sums, facts["hidden"], facts["classes"])

    def forward(self, clips):
        """Scores of clips, each [frames, bands] of its own length."""
        if self.kind == "cnn_1d":
            clips = self.feature_norm([clip.t()[None, :, :, None] for clip in clips])
        else:
            clips = self.feature_norm([clip[None, None] for clip in clips])
            if self.map:
                clips = [torch.cat([clip, torch.linspace(-1, 1, clip.shape[3]).expand_as(clip)], 1) for clip in clips]
        if self.kind.startswith("resnet"):
            clips = each(F.relu, self.stem_norm(each(self.stem, clips)))
            clips = [F.max_pool2d(clip, 3, stride=2, padding=1) for clip in clips]
        sums = []
        for at, block in enumerate(self.blocks):
            clips = block(clips)
            if at >= self.first:
                if hasattr(self, "aggregations"):
                    sums.append(self.aggregations[at - self.first](clips))
                else:
                    sums.append(torch.cat([clip.amax((2, 3)) for clip in clips]))
        return self.head(torch.cat(sums, 1))


def lsep(scores, targets, gamma):
    losses = []
    for score, target in zip(scores, targets):
        has, lacks = score[target > 0], score[target == 0]
        losses.append(torch.log(1 + torch.exp(lacks[None] - has[:, None]).sum()))
    return torch.stack(losses).mean()


def bce(scores, targets, gamma):
    return F.binary_cross_entropy_with_logits(scores, targets)


def focal(scores, targets, gamma):
    right = torch.where(targets > 0, scores.sigmoid(), 1 - scores.sigmoid())
    return (-((1 - right) ** gamma) * right.log()).mean()


LOSSES = {"lsep": lsep, "bce": bce, "focal": focal}

# Where Learning calls a weight otherwise than PyTorch's layers do.
RENAMED = {".norm.weight": ".weight", ".norm.bias": ".bias", "scores.bias": "scores_bias"}


def name_in_learning(name):
    """Learning's name of a parameter of the reference."""
    if name.startswith("aggregations."):
        return name.replace(".norm.weight", ".norm_weight").replace(".norm.bias", ".norm_bias")
    for ours, theirs in RENAMED.items():
        if name.endswith(ours):
            return name[:-len(ours)] + theirs
    parts = name.split(".")
    plain = parts[-1] == "weight" and not parts[-2].endswith("norm")
    return ".".join(parts[:-1]) if plain else name


def read(folder, name, *shape):
    with open(os.path.join(folder, name + ".f32"), "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(*shape).clone()


def answer(folder, facts):
    network = Network(facts)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(read(folder, name_in_learning(name), *parameter.shape))
    batches = []
    for at, lengths in enumerate(facts["batches"]):
        features = read(folder, f"features{at}", len(lengths), max(lengths), facts["bands"])
        targets = read(folder, f"targets{at}", len(lengths), facts["classes"])
        batches.append(([clip[:length] for clip, length in zip(features, lengths)], targets))
    loss_of = LOSSES[facts["lossName"]]

    def loss(batch):
        return loss_of(network(batch[0]), batch[1], facts["focalGamma"])

    first = loss(batches[0])
    first.backward()
    # With the running statistics that this one pass has moved.
    network.eval()
    with torch.no_grad():
        scores = network(batches[0][0]).flatten().tolist()
    network.train()
    gradients = {name_in_learning(name): parameter.grad.norm().item() for name, parameter in network.named_parameters()}
    optimizer = torch.optim.Adam(network.parameters(), lr=facts["learningRate"], amsgrad=True)
    losses = []
    for step in range(facts["steps"]):
        value = loss(batches[step % len(batches)])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return {
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "scores": scores, "loss": first.item(), "gradients": gradients, "losses": losses,
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    with open(os.path.join(sys.argv[1], "cases.json")) as cases:
        answers = {name: answer(os.path.join(sys.argv[1], name), facts) for name, facts in json.load(cases).items()}
    json.dump(answers, sys.stdout, indent=1)
    print()
