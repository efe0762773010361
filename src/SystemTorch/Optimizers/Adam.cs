using TorchSharp.Modules;
using static TorchSharp.NativeMethods;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            public static Adam Adam(
                IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
                double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

            public static Adam Adam(
                IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
                double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters.Select(item => item.parameter), lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

            public static Adam Adam(
                IEnumerable<Adam.ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
                double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>
    /// Adam (Kingma and Ba 2015), with the greatest second moment so far where <c>amsgrad</c> is set (Reddi et al. 2018).
    /// </summary>
    public class Adam : OptimizerHelper, torch.optim.IBetas
    {
        private readonly Options _defaults;
        private readonly Dictionary<Modules.ParamGroup, States> _states = [];

        public Adam(
            IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0, bool amsgrad = false, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)
        {
        }

        public Adam(
            IEnumerable<ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0, bool amsgrad = false, bool maximize = false)
        {
            if (!(lr >= 0)) throw new ArgumentException($"Invalid learning rate: {lr}");
            if (!(eps >= 0)) throw new ArgumentException($"Invalid ε: {eps}");
            if (!(beta1 is >= 0 and < 1)) throw new ArgumentException($"Invalid beta1: {beta1}");
            if (!(beta2 is >= 0 and < 1)) throw new ArgumentException($"Invalid beta2: {beta2}");
            if (!(weight_decay >= 0)) throw new ArgumentException($"Invalid weight_decay value: {weight_decay}");
            _defaults = new Options
            {
                LearningRate = lr,
                beta1 = beta1,
                beta2 = beta2,
                eps = eps,
                weight_decay = weight_decay,
                amsgrad = amsgrad,
                maximize = maximize,
            };
            foreach (var group in parameters) add_param_group(group);
        }

        public (double, double) Betas
        {
            get => (_defaults.beta1!.Value, _defaults.beta2!.Value);
            set
            {
                foreach (var options in _groups.Select(group => (Options)group.Options!).Append(_defaults))
                {
                    (options.beta1, options.beta2) = value;
                }
            }
        }

        public void add_param_group(Modules.ParamGroup param_group)
        {
            var options = (Options)(param_group.Options ??= new Options());
            options.LearningRate ??= _defaults.LearningRate;
            options.beta1 ??= _defaults.beta1;
            options.beta2 ??= _defaults.beta2;
            options.eps ??= _defaults.eps;
            options.weight_decay ??= _defaults.weight_decay;
            options.amsgrad ??= _defaults.amsgrad;
            options.maximize ??= _defaults.maximize;
            options.InitialLearningRate = options.LearningRate!.Value;
            param_group.Parameters = [.. param_group.Parameters];
            _groups.Add(param_group);
            _states.Add(param_group, new States([.. param_group.Parameters], options.amsgrad!.Value));
        }

        protected override void Dispose(bool disposing)
        {
            if (!disposing) return;
            foreach (var states in _states.Values) states.Dispose();
            _states.Clear();
        }

        private protected override unsafe void Step(Modules.ParamGroup group)
        {
            var options = (Options)group.Options!;
            var states = _states[group];
            var settings = new AdamSettings(
                options.LearningRate!.Value, options.beta1!.Value, options.beta2!.Value, options.eps!.Value, options.weight_decay!.Value,
                options.amsgrad!.Value ? 1 : 0, options.maximize!.Value ? 1 : 0);
            fixed (nint* parameters = torch.Handles(states.Parameters), averages = torch.Handles(states.Averages),
                   squares = torch.Handles(states.Squares), tops = torch.Handles(states.Tops))
            fixed (long* steps = states.Steps)
            {
                NativeErrors.Check(st_adam_step(parameters, averages, squares, tops, steps, states.Parameters.Length, settings), this);
            }
        }

        private protected override void SaveStates(Modules.ParamGroup group, BinaryWriter writer)
        {
            var states = _states[group];
            for (var i = 0; i < states.Parameters.Length; i++)
            {
                writer.Write(states.Steps[i]);
                states.Averages[i].Save(writer);
                states.Squares[i].Save(writer);
                SaveOptional(writer, states.Tops[i]);
            }
        }

        private protected override void LoadStates(Modules.ParamGroup group, BinaryReader reader)
        {
            var states = _states[group];
            for (var i = 0; i < states.Parameters.Length; i++)
            {
                states.Steps[i] = reader.ReadInt64();
                states.Averages[i].Load(reader);
                states.Squares[i].Load(reader);
                states.Tops[i]?.Dispose();
                states.Tops[i] = LoadOptional(reader, states.Parameters[i]);
            }
        }

        /// <summary>Adam's settings.</summary>
        public class Options : OptimizerOptions
        {
            public double? beta1 { get; set; }

            public double? beta2 { get; set; }

            public double? weight_decay { get; set; }

            public double? eps { get; set; }

            public bool? amsgrad { get; set; }

            public bool? maximize { get; set; }

            /// <inheritdoc/>
            public override void SaveStateDict(BinaryWriter writer)
            {
                base.SaveStateDict(writer);
                writer.Write(beta1!.Value);
                writer.Write(beta2!.Value);
                writer.Write(eps!.Value);
                writer.Write(weight_decay!.Value);
                writer.Write(amsgrad!.Value);
                writer.Write(maximize!.Value);
            }

            /// <inheritdoc/>
            public override void LoadStateDict(BinaryReader reader)
            {
                base.LoadStateDict(reader);
                beta1 = reader.ReadDouble();
                beta2 = reader.ReadDouble();
                eps = reader.ReadDouble();
                weight_decay = reader.ReadDouble();
                amsgrad = reader.ReadBoolean();
                maximize = reader.ReadBoolean();
            }
        }

        /// <summary>Parameters with Adam's settings.</summary>
        public class ParamGroup : ParamGroup<Options>, torch.optim.IBetas
        {
            public ParamGroup()
            {
            }

            public ParamGroup(IEnumerable<Parameter> parameters, Options options)
                : base(parameters, options)
            {
            }

            public ParamGroup(
                IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
                double weight_decay = 0, bool amsgrad = false, bool maximize = false)
                : base(parameters, new Options
                {
                    LearningRate = lr,
                    beta1 = beta1,
                    beta2 = beta2,
                    eps = eps,
                    weight_decay = weight_decay,
                    amsgrad = amsgrad,
                    maximize = maximize,
                })
            {
            }

            public (double, double) Betas
            {
                get => (Options.beta1!.Value, Options.beta2!.Value);
                set => (Options.beta1, Options.beta2) = value;
            }
        }

        /// <summary>Moments and steps of a group's parameters, in their order.</summary>
        private sealed class States : IDisposable
        {
            internal States(Parameter[] parameters, bool amsgrad)
            {
                Parameters = parameters;
                Steps = new long[parameters.Length];
                Averages = [.. parameters.Select(ZerosLike)];
                Squares = [.. parameters.Select(ZerosLike)];
                Tops = [.. parameters.Select(parameter => amsgrad ? ZerosLike(parameter) : null)];
            }

            internal Parameter[] Parameters { get; }

            internal long[] Steps { get; }

            internal torch.Tensor[] Averages { get; }

            internal torch.Tensor[] Squares { get; }

            internal torch.Tensor?[] Tops { get; }

            public void Dispose()
            {
                foreach (var tensor in Averages.Concat(Squares).Concat(Tops)) tensor?.Dispose();
            }
        }
    }
}
