"""The networks and losses of Learning once more, in plain PyTorch: the reference that the tests compare with.

    python3 networks.py FOLDER > answers.json

FOLDER holds cases.json and, for each case, the weights, features and targets as Learning made them (raw float32); the tests write it to the
folder that LEARNING_REFERENCE_CASES names. For each case the script prints: the number of parameters, the loss of the first batch in training
mode (without dropout) and the norm of its gradient with respect to every parameter, the scores in evaluation mode after that pass, and the losses
of 20 steps of Adam (AMSGrad).

Computed in float64, so that what differs is no rounding. There is no padding here at all: every clip passes each layer by itself, and batch norm joins the clips end to end.
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


def each(layer, clips):
    return [layer(clip) for clip in clips]


def kernel3(inputs, outputs, two_dimensional):
    size, around = ((3, 3), (1, 1)) if two_dimensional else ((3, 1), (1, 0))
    return nn.Conv2d(inputs, outputs, size, padding=around)


class Resnet(nn.Module):
    """1×1, batch norm, PReLU; 3×3, batch norm, PReLU; 1×1, batch norm; plus the input; PReLU. Full depth throughout."""

    def __init__(self, depth, two_dimensional):
        super().__init__()
        self.conv1, self.bn1, self.prelu1 = nn.Conv2d(depth, depth, 1), ClipNorm(depth), nn.PReLU(depth)
        self.conv2, self.bn2, self.prelu2 = kernel3(depth, depth, two_dimensional), ClipNorm(depth), nn.PReLU(depth)
        self.conv3, self.bn3, self.prelu3 = nn.Conv2d(depth, depth, 1), ClipNorm(depth), nn.PReLU(depth)

    def forward(self, clips):
        inner = each(self.prelu1, self.bn1(each(self.conv1, clips)))
        inner = each(self.prelu2, self.bn2(each(self.conv2, inner)))
        inner = self.bn3(each(self.conv3, inner))
        return [self.prelu3(found + clip) for found, clip in zip(inner, clips)]


class Block(nn.Module):
    def __init__(self, inputs, outputs, two_dimensional, ceil_mode):
        super().__init__()
        self.two_dimensional, self.ceil_mode = two_dimensional, ceil_mode
        self.bn_in = ClipNorm(inputs)
        self.conv = kernel3(inputs, outputs, two_dimensional)
        self.bn = ClipNorm(outputs)
        self.prelu = nn.PReLU(outputs)
        self.resnet = Resnet(outputs, two_dimensional)

    def pool(self, clip):
        # A frame or band that is alone stays.
        frames, bands = min(2, clip.shape[2]), min(2, clip.shape[3]) if self.two_dimensional else 1
        return F.max_pool2d(clip, (frames, bands), ceil_mode=self.ceil_mode)

    def forward(self, clips):
        clips = [self.pool(self.conv(clip)) for clip in self.bn_in(clips)]
        return self.resnet(each(self.prelu, self.bn(clips)))


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
            _, last = self.gru(self.norm(clip.mean(3).transpose(1, 2)))
            states.append(torch.cat([last[0], last[1]], 1))
        return torch.cat(states)


class Head(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.bn1, self.linear1 = nn.BatchNorm1d(inputs), nn.Linear(inputs, inputs)
        self.bn2, self.prelu = nn.BatchNorm1d(inputs), nn.PReLU(inputs)
        self.linear2 = nn.Linear(inputs, classes)

    def forward(self, x):
        return self.linear2(self.prelu(self.bn2(self.linear1(self.bn1(x)))))


class Network(nn.Module):
    def __init__(self, facts):
        super().__init__()
        self.kind, self.map = facts["type"], facts["frequencyMap"]
        two_dimensional = self.kind != "cnn_1d"
        inputs = facts["bands"] if not two_dimensional else 2 if self.map else 1
        self.first = facts["startDeepSupervisionOn"]
        self.conv_modules = nn.ModuleList()
        depths = []
        if self.kind.startswith("resnet"):
            base = facts["convBaseDepth"]
            self.feature_norm = ClipNorm(1, affine=False)
            self.stem = nn.Conv2d(inputs, base, 7, stride=2, padding=3, bias=False)
            self.stem_norm = ClipNorm(base)
            inputs = base
            for stage, layers in enumerate([2, 2, 2, 2] if self.kind == "resnet_18" else [3, 4, 6, 3]):
                depths.append(base * 2 ** stage)
                self.conv_modules.append(Stage(inputs, depths[-1], layers, stage > 0))
                inputs = depths[-1]
        else:
            for block in range(facts["numConvBlocks"]):
                depths.append(int(facts["growthRate"] ** block * facts["convBaseDepth"]))
                self.conv_modules.append(Block(inputs, depths[-1], two_dimensional, facts["ceilMode"]))
                inputs = depths[-1]
        summed = depths[self.first:]
        if facts["aggregationType"] == "rnn":
            self.rnns = nn.ModuleList(Recurrent(depth, facts["rnnSize"]) for depth in summed)
            summed = [2 * facts["rnnSize"]] * len(summed)
        self.output_transform = Head(sum(summed), facts["classes"])

    def forward(self, clips):
        """Scores of clips, each [frames, bands] of its own length."""
        if self.kind == "cnn_1d":
            clips = [clip.t()[None, :, :, None] for clip in clips]
        else:
            clips = [clip[None, None] for clip in clips]
            if self.kind != "cnn_2d":
                clips = self.feature_norm(clips)
            if self.map:
                clips = [torch.cat([clip, torch.linspace(-1, 1, clip.shape[3]).expand_as(clip)], 1) for clip in clips]
        if self.kind.startswith("resnet"):
            clips = each(F.relu, self.stem_norm(each(self.stem, clips)))
            clips = [F.max_pool2d(clip, 3, stride=2, padding=1) for clip in clips]
        sums = []
        for at, block in enumerate(self.conv_modules):
            clips = block(clips)
            if at >= self.first:
                if hasattr(self, "rnns"):
                    sums.append(self.rnns[at - self.first](clips))
                else:
                    sums.append(torch.cat([clip.amax((2, 3)) for clip in clips]))
        return self.output_transform(torch.cat(sums, 1))


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

# A ResNet's convolutions, which are plain parameters in Learning.
PLAIN = ("stem.weight", "first.weight", "second.weight", "shortcut.weight")


def name_in_learning(name):
    """Learning's name of a parameter of the reference."""
    if name.startswith("rnns."):
        return name.replace(".norm.", ".norm_")
    if name.endswith(PLAIN):
        return name[:-len(".weight")]
    return name.replace(".norm.", ".")


def read(folder, name, *shape):
    with open(os.path.join(folder, name + ".f32"), "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(*shape).double()


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
    torch.set_default_dtype(torch.float64)
    with open(os.path.join(sys.argv[1], "cases.json")) as cases:
        answers = {name: answer(os.path.join(sys.argv[1], name), facts) for name, facts in json.load(cases).items()}
    json.dump(answers, sys.stdout, indent=1)
    print()
