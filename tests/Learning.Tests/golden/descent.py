"""Computes descent.json with PyTorch: SGD with Nesterov's momentum and weight decay under StepLR, on a quadratic."""
import json

import torch

MATRIX = [[2.0, -1.0, 0.5], [0.0, 1.5, -0.5], [1.0, 0.25, 3.0]]
TARGET = [1.0, -2.0, 0.5]
START = [0.5, -1.25, 2.0]
EPOCHS, STEPS = 6, 4

parameter = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
optimizer = torch.optim.SGD([parameter], lr=0.02, momentum=0.9, weight_decay=0.01, nesterov=True)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
rates, trajectory = [], []
for epoch in range(EPOCHS):
    for step in range(STEPS):
        optimizer.zero_grad()
        residual = torch.tensor(MATRIX, dtype=torch.float64) @ parameter - torch.tensor(TARGET, dtype=torch.float64)
        (residual ** 2).sum().backward()
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        trajectory.append(parameter.tolist())
    scheduler.step()
print(json.dumps({
    "about": f"descent.py with PyTorch {torch.__version__}: step_0.02_0.5_2, {STEPS} steps an epoch, momentum 0.9, weight decay 0.01",
    "matrix": MATRIX, "target": TARGET, "start": START, "steps": STEPS, "rates": rates, "trajectory": trajectory}))
