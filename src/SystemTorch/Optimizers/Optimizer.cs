using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.NativeMethods;

namespace TorchSharp
{
    public static partial class torch
    {
        /// <summary>Optimisers.</summary>
        public static partial class optim
        {
            /// <summary>What moves parameters against their gradients.</summary>
            public abstract class Optimizer : IDisposable
            {
                private protected readonly List<ParamGroup> _groups = [];

                public virtual IEnumerable<ILearningRateController> ParamGroups => _groups;

                public virtual IEnumerable<Parameter> parameters() => _groups.SelectMany(group => group.Parameters);

                /// <summary>Sets the gradients to zero; parameters without one are left without.</summary>
                public virtual unsafe void zero_grad()
                {
                    var handles = Handles(parameters())!;
                    fixed (nint* pointer = handles) NativeErrors.Check(st_zero_grads(pointer, handles.Length, 0), this);
                }

                /// <summary>
                /// Moves every parameter that has a gradient. The closure, where given, computes the loss first and is what is returned.
                /// </summary>
                public abstract Tensor? step(Func<Tensor>? closure = null);

                public void Dispose()
                {
                    Dispose(true);
                    GC.SuppressFinalize(this);
                }

                protected virtual void Dispose(bool disposing)
                {
                }
            }

            /// <summary>Parameters that share a learning rate.</summary>
            public interface ILearningRateController
            {
                double LearningRate { get; set; }

                double InitialLearningRate { get; set; }
            }

            /// <summary>An optimiser whose momentum may be set.</summary>
            public interface IMomentum
            {
                double Momentum { get; set; }
            }

            /// <summary>An optimiser whose two decays may be set.</summary>
            public interface IBetas
            {
                (double, double) Betas { get; set; }
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Settings of a group of parameters.</summary>
    public class OptimizerOptions
    {
        public double? LearningRate { get; set; }

        public double InitialLearningRate { get; set; }

        public virtual void SaveStateDict(BinaryWriter writer)
        {
            writer.Write(InitialLearningRate);
            writer.Write(LearningRate!.Value);
        }

        public virtual void LoadStateDict(BinaryReader reader)
        {
            InitialLearningRate = reader.ReadDouble();
            LearningRate = reader.ReadDouble();
        }
    }

    /// <summary>Parameters with settings of their own.</summary>
    public class ParamGroup : torch.optim.ILearningRateController
    {
        public IEnumerable<Parameter> Parameters { get; set; } = [];

        public OptimizerOptions? Options { get; set; }

        public double LearningRate
        {
            get => Options!.LearningRate!.Value;
            set => Options!.LearningRate = value;
        }

        public double InitialLearningRate
        {
            get => Options!.InitialLearningRate;
            set => Options!.InitialLearningRate = value;
        }
    }

    /// <summary>Parameters with settings of an optimiser's own kind.</summary>
    public class ParamGroup<TOptions> : ParamGroup where TOptions : OptimizerOptions
    {
        public ParamGroup()
        {
        }

        public ParamGroup(IEnumerable<Parameter> parameters, TOptions? options = null)
        {
            Parameters = parameters;
            base.Options = options;
        }

        public new TOptions Options
        {
            get => (TOptions)base.Options!;
            set => base.Options = value;
        }
    }

    /// <summary>
    /// What the optimisers here share: groups of parameters, and their state saved in TorchSharp's form (the class's name, the numbers of
    /// groups and of parameters, the groups' settings, the parameters' states).
    /// </summary>
    public abstract class OptimizerHelper : torch.optim.Optimizer
    {
        public void save_state_dict(string location)
        {
            using var writer = new BinaryWriter(File.Create(location));
            save_state_dict(writer);
        }

        public void load_state_dict(string location)
        {
            using var reader = new BinaryReader(File.OpenRead(location));
            load_state_dict(reader);
        }

        public void save_state_dict(BinaryWriter writer)
        {
            writer.Write(GetType().Name);
            writer.Encode(_groups.Count);
            writer.Encode(parameters().Count());
            foreach (var group in _groups) group.Options!.SaveStateDict(writer);
            foreach (var group in _groups) SaveStates(group, writer);
            writer.Flush();
        }

        /// <summary>
        /// Throws <see cref="InvalidDataException"/> for another optimiser's state, <see cref="ArgumentException"/> for another
        /// network's.
        /// </summary>
        public void load_state_dict(BinaryReader reader)
        {
            var name = reader.ReadString();
            if (name != GetType().Name)
            {
                throw new InvalidDataException(
                    $"Mismatched optimizer type: expected '{GetType().Name}', but found '{name}' in the loaded stream.");
            }

            var groups = reader.Decode();
            var states = reader.Decode();
            if (groups != _groups.Count) throw new ArgumentException("Invalid optimizer state -- different number of parameter groups.");
            if (states != parameters().Count()) throw new ArgumentException("Invalid optimizer state -- different number of states.");
            foreach (var group in _groups) group.Options!.LoadStateDict(reader);
            foreach (var group in _groups) LoadStates(group, reader);
        }

        public override torch.Tensor? step(Func<torch.Tensor>? closure = null)
        {
            torch.Tensor? loss = null;
            if (closure is not null)
            {
                using var recorded = torch.enable_grad();
                loss = closure();
            }

            foreach (var group in _groups) Step(group);
            return loss;
        }

        private protected abstract void Step(ParamGroup group);

        private protected abstract void SaveStates(ParamGroup group, BinaryWriter writer);

        private protected abstract void LoadStates(ParamGroup group, BinaryReader reader);

        private protected static void SaveOptional(BinaryWriter writer, torch.Tensor? tensor)
        {
            writer.Write(tensor is not null);
            tensor?.Save(writer);
        }

        /// <summary>The tensor that follows, laid out in memory as its parameter, or null.</summary>
        private protected static torch.Tensor? LoadOptional(BinaryReader reader, Parameter parameter) =>
            reader.ReadBoolean() ? LoadLike(reader, parameter) : null;

        private protected static torch.Tensor LoadLike(BinaryReader reader, Parameter parameter)
        {
            var tensor = ZerosLike(parameter);
            tensor.Load(reader);
            return tensor;
        }

        private protected static torch.Tensor ZerosLike(Parameter parameter) => parameter.zeros_like().DetachFromDisposeScope();
    }
}
