using TorchSharp.Modules;
using static TorchSharp.NativeMethods;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            public static SGD SGD(
                IEnumerable<Parameter> parameters, double learningRate, double momentum = 0, double dampening = 0, double weight_decay = 0,
                bool nesterov = false, bool maximize = false) =>
                new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Stochastic gradient descent, with momentum, in Nesterov's form where asked for.</summary>
    public class SGD : OptimizerHelper, torch.optim.IMomentum
    {
        private readonly Options _defaults;
        private readonly Dictionary<Modules.ParamGroup, (Parameter[] Parameters, torch.Tensor?[] Buffers)> _states = [];

        public SGD(
            IEnumerable<Parameter> parameters, double lr, double momentum = 0.0, double dampening = 0, double weight_decay = 0,
            bool nesterov = false, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, momentum, dampening, weight_decay, nesterov, maximize)
        {
        }

        public SGD(
            IEnumerable<ParamGroup> parameters, double lr, double momentum = 0.0, double dampening = 0, double weight_decay = 0,
            bool nesterov = false, bool maximize = false)
        {
            if (!(lr >= 0)) throw new ArgumentException($"Invalid learning rate: {lr}");
            if (!(momentum >= 0)) throw new ArgumentException($"Invalid momentum value: {momentum}");
            if (!(weight_decay >= 0)) throw new ArgumentException($"Invalid weight_decay value: {weight_decay}");
            if (nesterov && (momentum <= 0 || dampening != 0))
            {
                throw new ArgumentException("Nesterov momentum requires a momentum and zero dampening");
            }
            _defaults = new Options
            {
                LearningRate = lr,
                momentum = momentum,
                dampening = dampening,
                weight_decay = weight_decay,
                nesterov = nesterov,
                maximize = maximize,
            };
            foreach (var group in parameters) add_param_group(group);
        }

        public double Momentum
        {
            get => _defaults.momentum!.Value;
            set
            {
                foreach (var options in _groups.Select(group => (Options)group.Options!).Append(_defaults)) options.momentum = value;
            }
        }

        public void add_param_group(Modules.ParamGroup param_group)
        {
            var options = (Options)(param_group.Options ??= new Options());
            options.LearningRate ??= _defaults.LearningRate;
            options.momentum ??= _defaults.momentum;
            options.dampening ??= _defaults.dampening;
            options.weight_decay ??= _defaults.weight_decay;
            options.nesterov ??= _defaults.nesterov;
            options.maximize ??= _defaults.maximize;
            options.InitialLearningRate = options.LearningRate!.Value;
            Parameter[] parameters = [.. param_group.Parameters];
            param_group.Parameters = parameters;
            _groups.Add(param_group);
            _states.Add(param_group, (parameters, new torch.Tensor?[parameters.Length]));
        }

        protected override void Dispose(bool disposing)
        {
            if (!disposing) return;
            foreach (var (_, buffers) in _states.Values)
            {
                foreach (var buffer in buffers) buffer?.Dispose();
            }

            _states.Clear();
        }

        private protected override unsafe void Step(Modules.ParamGroup group)
        {
            var options = (Options)group.Options!;
            var (parameters, buffers) = _states[group];
            var settings = new SgdSettings(
                options.LearningRate!.Value, options.momentum!.Value, options.dampening!.Value, options.weight_decay!.Value,
                options.nesterov!.Value ? 1 : 0, options.maximize!.Value ? 1 : 0);
            var handles = torch.Handles(buffers)!;
            int succeeded;
            fixed (nint* from = torch.Handles(parameters), to = handles)
            {
                succeeded = st_sgd_step(from, to, parameters.Length, settings);
            }

            // Buffers made before a failure are kept all the same: they are native objects that someone must free.
            for (var i = 0; i < buffers.Length; i++)
            {
                if (buffers[i] is null && handles[i] != 0) buffers[i] = new torch.Tensor(handles[i], register: false);
            }

            NativeErrors.Check(succeeded, this);
        }

        private protected override void SaveStates(Modules.ParamGroup group, BinaryWriter writer)
        {
            foreach (var buffer in _states[group].Buffers) SaveOptional(writer, buffer);
        }

        private protected override void LoadStates(Modules.ParamGroup group, BinaryReader reader)
        {
            var (parameters, buffers) = _states[group];
            for (var i = 0; i < buffers.Length; i++)
            {
                buffers[i]?.Dispose();
                buffers[i] = LoadOptional(reader, parameters[i]);
            }
        }

        /// <summary>The settings of descent.</summary>
        public class Options : OptimizerOptions
        {
            public double? momentum { get; set; }

            public double? dampening { get; set; }

            public double? weight_decay { get; set; }

            public bool? nesterov { get; set; }

            public bool? maximize { get; set; }

            /// <inheritdoc/>
            public override void SaveStateDict(BinaryWriter writer)
            {
                base.SaveStateDict(writer);
                writer.Write(momentum!.Value);
                writer.Write(dampening!.Value);
                writer.Write(weight_decay!.Value);
                writer.Write(nesterov!.Value);
                writer.Write(maximize!.Value);
            }

            /// <inheritdoc/>
            public override void LoadStateDict(BinaryReader reader)
            {
                base.LoadStateDict(reader);
                momentum = reader.ReadDouble();
                dampening = reader.ReadDouble();
                weight_decay = reader.ReadDouble();
                nesterov = reader.ReadBoolean();
                maximize = reader.ReadBoolean();
            }
        }

        /// <summary>Parameters with the settings of descent.</summary>
        public class ParamGroup : ParamGroup<Options>
        {
            public ParamGroup()
            {
            }

            public ParamGroup(IEnumerable<Parameter> parameters, Options options)
                : base(parameters, options)
            {
            }
        }
    }
}
