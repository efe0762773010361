using OrleansTagging.Labels;
using OrleansTagging.Recipe;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansTagging.Learning;

/// <summary>The optimiser that a training names (<see cref="TrainingSettings.Optimizer"/>).</summary>
public static class TrainingOptimizer
{
    /// <summary>
    /// <c>adam</c>: Adam (Kingma and Ba, 2015) with AMSGrad (Reddi, Kale and Kumar, 2018). <c>momentum</c>: gradient descent with Nesterov's
    /// momentum as PyTorch has it (Sutskever et al., 2013). Weight decay is L2: added to the gradient, before the moments.
    /// </summary>
    /// <param name="settings">Name the optimiser, its momentum and its weight decay. The rate is set before every step.</param>
    /// <param name="parameters">What it moves.</param>
    /// <exception cref="InputException">The settings name no optimiser.</exception>
    public static OptimizerHelper Of(TrainingSettings settings, IEnumerable<Parameter> parameters) => settings.Optimizer switch
    {
        "adam" => optim.Adam(parameters, weight_decay: settings.WeightDecay, amsgrad: true),
        // Without momentum there is nothing for Nesterov's form to look ahead with.
        "momentum" => optim.SGD(
            parameters, learningRate: 0, settings.Momentum, weight_decay: settings.WeightDecay, nesterov: settings.Momentum > 0),
        _ => throw new InputException($"'{settings.Optimizer}' names no optimiser; write adam or momentum."),
    };
}
