"""Prediction as a plain script has it, in PyTorch: the peer of the benchmark.

Clips in the order of the files, as many to a batch as asked for, each batch filled up with silence to its longest clip, nothing masked. Reads the
folder that the benchmark wrote (prediction.json, weights and samples as raw float32) and prints a JSON object: the probabilities of the first clip by
itself, which show that both sides compute the same network, and the seconds of a pass over all clips, by the clock and of the processor.
"""
import argparse
import json
import os
import time

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--channels-last", action="store_true")
options = parser.parse_args()

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(options.threads)

with open(os.path.join(options.folder, "prediction.json")) as file:
    facts = json.load(file)


def read(name):
    with open(os.path.join(options.folder, name + ".f32"), "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.float32)


class Bottleneck(nn.Module):
    def __init__(self, channels):
        super().__init__()
        inner = max(1, channels // 4)
        self.narrow = nn.Conv2d(channels, inner, 1, bias=False)
        self.narrow_norm = nn.BatchNorm2d(inner)
        self.narrow_rectifier = nn.PReLU()
        self.across = nn.Conv2d(inner, inner, 3, padding=1, bias=False)
        self.across_norm = nn.BatchNorm2d(inner)
        self.across_rectifier = nn.PReLU()
        self.widen = nn.Conv2d(inner, channels, 1, bias=False)

    def forward(self, x):
        inner = self.narrow_rectifier(self.narrow_norm(self.narrow(x)))
        return x + self.widen(self.across_rectifier(self.across_norm(self.across(inner))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, normalises):
        super().__init__()
        self.input_norm = nn.BatchNorm2d(inputs) if normalises else nn.Identity()
        self.convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.pooled_norm = nn.BatchNorm2d(outputs)
        self.rectifier = nn.PReLU()
        self.bottleneck = Bottleneck(outputs)

    def forward(self, x):
        x = F.max_pool2d(self.convolution(self.input_norm(x)), 2, ceil_mode=True)
        return self.bottleneck(self.rectifier(self.pooled_norm(x)))


class Head(nn.Module):
    def __init__(self, inputs, hidden, classes):
        super().__init__()
        self.input_norm = nn.BatchNorm1d(inputs)
        self.hidden = nn.Linear(inputs, hidden, bias=False)
        self.hidden_norm = nn.BatchNorm1d(hidden)
        self.rectifier = nn.PReLU()
        self.scores = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.scores(self.rectifier(self.hidden_norm(self.hidden(self.input_norm(x)))))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        depths = facts["depths"]
        self.first = facts["deepSupervisionFrom"] - 1
        self.feature_norm = nn.BatchNorm2d(1, affine=False)
        self.blocks = nn.ModuleList(Block(depths[at - 1] if at else 2, depth, at > 0) for at, depth in enumerate(depths))
        self.head = Head(sum(depths[self.first:]), facts["hidden"], facts["classes"])

    def forward(self, features):
        x = self.feature_norm(features.unsqueeze(1))
        x = torch.cat([x, torch.linspace(-1, 1, x.shape[3]).expand_as(x)], 1)
        if options.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        found = []
        for at, block in enumerate(self.blocks):
            x = block(x)
            if at >= self.first:
                found.append(x.amax((2, 3)))
        return self.head(torch.cat(found, 1))


network = Network().eval()
with torch.no_grad():
    for name, parameter in network.named_parameters():
        stem = name[:-len(".weight")] if name.endswith(".weight") else name
        stem = {"head.scores.bias": "head.scores_bias"}.get(stem, stem)
        for candidate in (name, stem, stem + ".slope"):
            if os.path.exists(os.path.join(options.folder, candidate + ".f32")):
                parameter.copy_(read(candidate).reshape(parameter.shape))
                break
        else:
            raise SystemExit(f"no weights for {name}")
if options.channels_last:
    network = network.to(memory_format=torch.channels_last)

fft, hop = facts["fft"], facts["hop"]
window = torch.hann_window(fft)
filters = read("filters").reshape(facts["bands"], fft // 2 + 1).t().contiguous()
clips = read("samples").split(facts["lengths"])


def probabilities(batch):
    samples = nn.utils.rnn.pad_sequence(batch, batch_first=True)
    spectrum = torch.stft(samples, fft, hop, fft, window, center=True, pad_mode="reflect", return_complex=True)
    features = (spectrum.abs().transpose(1, 2).matmul(filters) + 1e-4).log()
    return network(features).sigmoid()


with torch.no_grad():
    first = probabilities([clips[0]]).flatten().tolist()
    # Kernels are chosen and memory is claimed before the clock runs.
    probabilities(clips[:facts["batch"]])
    begin, used = time.perf_counter(), time.process_time()
    for at in range(0, len(clips), facts["batch"]):
        probabilities(clips[at:at + facts["batch"]])
    answer = {"first": first, "seconds": time.perf_counter() - begin, "processor": time.process_time() - used}
print(json.dumps(answer))
