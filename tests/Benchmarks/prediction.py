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


class ResnetBlock(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.conv1, self.bn1, self.prelu1 = nn.Conv2d(depth, depth, 1), nn.BatchNorm2d(depth), nn.PReLU(depth)
        self.conv2, self.bn2, self.prelu2 = nn.Conv2d(depth, depth, 3, padding=1), nn.BatchNorm2d(depth), nn.PReLU(depth)
        self.conv3, self.bn3, self.prelu3 = nn.Conv2d(depth, depth, 1), nn.BatchNorm2d(depth), nn.PReLU(depth)

    def forward(self, x):
        inner = self.prelu1(self.bn1(self.conv1(x)))
        inner = self.prelu2(self.bn2(self.conv2(inner)))
        return self.prelu3(self.bn3(self.conv3(inner)) + x)


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.bn_in = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.bn = nn.BatchNorm2d(outputs)
        self.prelu = nn.PReLU(outputs)
        self.resnet = ResnetBlock(outputs)

    def forward(self, x):
        x = F.max_pool2d(self.conv(self.bn_in(x)), 2)
        return self.resnet(self.prelu(self.bn(x)))


class Head(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.bn1, self.linear1 = nn.BatchNorm1d(inputs), nn.Linear(inputs, inputs)
        self.bn2, self.prelu = nn.BatchNorm1d(inputs), nn.PReLU(inputs)
        self.linear2 = nn.Linear(inputs, classes)

    def forward(self, x, dropout=0.0):
        x = self.prelu(self.bn2(self.linear1(self.bn1(x))))
        return self.linear2(F.dropout(x, dropout))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        depths = facts["depths"]
        self.first = facts["startDeepSupervisionOn"]
        self.conv_modules = nn.ModuleList(Block(depths[at - 1] if at else 2, depth) for at, depth in enumerate(depths))
        self.output_transform = Head(sum(depths[self.first:]), facts["classes"])

    def forward(self, features):
        x = features.unsqueeze(1)
        x = torch.cat([x, torch.linspace(-1, 1, x.shape[3]).expand_as(x)], 1)
        if options.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        found = []
        for at, block in enumerate(self.conv_modules):
            x = block(x)
            if at >= self.first:
                found.append(x.amax((2, 3)))
        return self.output_transform(torch.cat(found, 1))


network = Network().eval()
with torch.no_grad():
    for name, parameter in network.named_parameters():
        parameter.copy_(read(name).reshape(parameter.shape))
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
