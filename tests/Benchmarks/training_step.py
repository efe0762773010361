"""The training step of the demo's network in plain PyTorch: the peer of the benchmark.

Reads the folder that the benchmark wrote (network.json, weights and batches as raw float32) and prints a JSON object: the loss of the first
batch without dropout, which shows that both sides compute the same network, and the seconds of every timed step, by the clock and of the processor.
"""
import argparse
import json
import os
import time

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--steps", type=int, required=True)
parser.add_argument("--warmup", type=int, required=True)
parser.add_argument("--threads", type=int, help="threads; by default PyTorch's own choice")
parser.add_argument("--channels-last", action="store_true")
options = parser.parse_args()

import torch
import torch.nn as nn
import torch.nn.functional as F

if options.threads:
    torch.set_num_threads(options.threads)

with open(os.path.join(options.folder, "network.json")) as file:
    facts = json.load(file)


def read(name, *shape):
    with open(os.path.join(options.folder, name), "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(*shape)


class Mask:
    def __init__(self, lengths, frames):
        self.lengths, self.frames = lengths, frames
        self.share = sum(lengths) / (len(lengths) * frames)
        self.padded = self.share < 1
        if self.padded:
            position = torch.arange(frames).reshape(1, 1, frames, 1)
            self.keep = (position < torch.tensor(lengths).reshape(-1, 1, 1, 1)).float()
            self.gap = 1 - self.keep
            self.floor = self.gap * -1e30

    def halved(self):
        return Mask([max(1, length // 2) for length in self.lengths], self.frames // 2)

    def silence(self, x):
        return x * self.keep if self.padded else x

    def sink(self, x):
        return x + self.floor if self.padded else x


class MaskedBatchNorm(nn.Module):
    def __init__(self, channels, affine=True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x, mask):
        if not mask.padded:
            return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, True, 0.1, 1e-5)
        silent = mask.silence(x)
        mean = silent.sum((0, 2, 3)) / (sum(mask.lengths) * x.shape[3])
        filling = (mask.gap.permute(0, 2, 3, 1) * mean).permute(0, 3, 1, 2)
        root = mask.share ** 0.5
        weight = torch.full_like(mean, root) if self.weight is None else self.weight * root
        return F.batch_norm(silent + filling, self.running_mean, self.running_var, weight, self.bias, True, 0.1, 1e-5 * mask.share)


class ResnetBlock(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.conv1, self.bn1, self.prelu1 = nn.Conv2d(depth, depth, 1), MaskedBatchNorm(depth), nn.PReLU(depth)
        self.conv2, self.bn2, self.prelu2 = nn.Conv2d(depth, depth, 3, padding=1), MaskedBatchNorm(depth), nn.PReLU(depth)
        self.conv3, self.bn3, self.prelu3 = nn.Conv2d(depth, depth, 1), MaskedBatchNorm(depth), nn.PReLU(depth)

    def forward(self, x, mask):
        inner = self.prelu1(self.bn1(self.conv1(x), mask))
        inner = self.prelu2(self.bn2(self.conv2(mask.silence(inner)), mask))
        return self.prelu3(self.bn3(self.conv3(inner), mask) + x)


class ConvBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.bn_in = MaskedBatchNorm(inputs)
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.bn = MaskedBatchNorm(outputs)
        self.prelu = nn.PReLU(outputs)
        self.resnet = ResnetBlock(outputs)

    def forward(self, x, mask, pooled):
        x = self.conv(mask.silence(self.bn_in(x, mask)))
        x = F.max_pool2d(x, 2)
        return self.resnet(self.prelu(self.bn(x, pooled)), pooled)


class Head(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.bn1, self.linear1 = nn.BatchNorm1d(inputs), nn.Linear(inputs, inputs)
        self.bn2, self.prelu = nn.BatchNorm1d(inputs), nn.PReLU(inputs)
        self.linear2 = nn.Linear(inputs, classes)

    def forward(self, x, dropout=0.0):
        x = self.prelu(self.bn2(self.linear1(self.bn1(x))))
        return self.linear2(F.dropout(x, dropout))


class TaggingNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        depths = facts["depths"]
        self.first = facts["startDeepSupervisionOn"]
        self.conv_modules = nn.ModuleList(ConvBlock(depths[block - 1] if block else 2, depth) for block, depth in enumerate(depths))
        self.output_transform = Head(sum(depths[self.first:]), facts["classes"])

    def forward(self, features, mask, dropout):
        clips, frames, bands = features.shape
        x = torch.stack([features, torch.linspace(-1, 1, bands).expand(clips, frames, bands)], 3).permute(0, 3, 1, 2)
        if not options.channels_last:
            x = x.contiguous()
        found = []
        for position, block in enumerate(self.conv_modules):
            pooled = mask.halved()
            x = block(x, mask, pooled)
            mask = pooled
            if position >= self.first:
                found.append(F.max_pool2d(mask.sink(x), x.shape[2:]).reshape(clips, x.shape[1]))
        return self.output_transform(torch.cat(found, 1), dropout)


def lsep(scores, labels):
    pairs = (scores - labels * 1e30).logsumexp(1) + ((1 - labels) * -1e30 - scores).logsumexp(1)
    return torch.logaddexp(pairs, torch.zeros_like(pairs)).mean()


network = TaggingNetwork()
with torch.no_grad():
    for name, parameter in network.named_parameters():
        parameter.copy_(read(name + ".f32", *parameter.shape))
if options.channels_last:
    network = network.to(memory_format=torch.channels_last)

fft, hop = facts["fft"], facts["hop"]
window = torch.hann_window(fft)
filters = read("filters.f32", facts["bands"], fft // 2 + 1).t().contiguous()
batches = [
    (read(f"samples{at}.f32", len(batch["lengths"]), -1), batch["lengths"], read(f"labels{at}.f32", len(batch["lengths"]), -1))
    for at, batch in enumerate(facts["batches"])]
optimizer = torch.optim.Adam(network.parameters(), amsgrad=True)


def loss_of(batch, dropout):
    samples, lengths, labels = batch
    spectrum = torch.stft(samples, fft, hop, fft, window, center=False, return_complex=True)
    features = (spectrum.abs().transpose(1, 2).matmul(filters) + 1e-4).log()
    return lsep(network(features, Mask(lengths, features.shape[1]), dropout), labels)


first = loss_of(batches[0], 0.0).item()
seconds, processor = [], []
for step in range(options.warmup + options.steps):
    begin, used = time.perf_counter(), time.process_time()
    loss = loss_of(batches[step % len(batches)], facts["dropout"])
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    loss.item()
    if step >= options.warmup:
        seconds.append(time.perf_counter() - begin)
        processor.append(time.process_time() - used)
print(json.dumps({"loss": first, "threads": torch.get_num_threads(), "version": torch.__version__, "seconds": seconds, "processor": processor}))
