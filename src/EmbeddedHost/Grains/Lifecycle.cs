namespace Orleans
{
    /// <summary>Something that starts and stops in stages, as in Orleans.</summary>
    public interface ILifecycleObservable
    {
        /// <summary>Takes part in one stage; disposing ends it.</summary>
        IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer);
    }

    /// <summary>What runs in one stage, as in Orleans.</summary>
    public interface ILifecycleObserver
    {
        /// <summary>Runs when the stage begins.</summary>
        Task OnStart(CancellationToken cancellationToken = default);

        /// <summary>Runs when the stage ends.</summary>
        Task OnStop(CancellationToken cancellationToken = default);
    }

    /// <summary>A service that takes part in a lifecycle, as in Orleans.</summary>
    public interface ILifecycleParticipant<TLifecycleObservable>
        where TLifecycleObservable : ILifecycleObservable
    {
        /// <summary>Subscribes to its stages.</summary>
        void Participate(TLifecycleObservable lifecycle);
    }

    /// <summary>Subscriptions by delegates, as in Orleans.</summary>
    public static class LifecycleExtensions
    {
        /// <summary>Takes part in one stage.</summary>
        public static IDisposable Subscribe(
            this ILifecycleObservable observable,
            string observerName,
            int stage,
            Func<CancellationToken, Task> onStart,
            Func<CancellationToken, Task>? onStop) => observable.Subscribe(observerName, stage, new Observer(onStart, onStop));

        /// <summary>Takes part in the start of one stage.</summary>
        public static IDisposable Subscribe(
            this ILifecycleObservable observable, string observerName, int stage, Func<CancellationToken, Task> onStart) =>
            observable.Subscribe(observerName, stage, new Observer(onStart, null));

        /// <summary>Takes part in one stage under the name of a type.</summary>
        public static IDisposable Subscribe<TObserver>(
            this ILifecycleObservable observable,
            int stage,
            Func<CancellationToken, Task> onStart,
            Func<CancellationToken, Task> onStop) =>
            observable.Subscribe(typeof(TObserver).FullName ?? "", stage, new Observer(onStart, onStop));

        /// <summary>Takes part in the start of one stage under the name of a type.</summary>
        public static IDisposable Subscribe<TObserver>(
            this ILifecycleObservable observable, int stage, Func<CancellationToken, Task> onStart) =>
            observable.Subscribe(typeof(TObserver).FullName ?? "", stage, new Observer(onStart, null));

        private sealed class Observer(Func<CancellationToken, Task> onStart, Func<CancellationToken, Task>? onStop) : ILifecycleObserver
        {
            public Task OnStart(CancellationToken cancellationToken) => onStart(cancellationToken);

            public Task OnStop(CancellationToken cancellationToken) => onStop?.Invoke(cancellationToken) ?? Task.CompletedTask;
        }
    }

    /// <summary>The stages of a silo, as in Orleans.</summary>
    public static class ServiceLifecycleStage
    {
        /// <summary>The first.</summary>
        public const int First = int.MinValue;

        /// <summary>The runtime is set up.</summary>
        public const int RuntimeInitialize = 2000;

        /// <summary>The runtime's services run.</summary>
        public const int RuntimeServices = 4000;

        /// <summary>Storage is ready.</summary>
        public const int RuntimeStorageServices = 6000;

        /// <summary>Services that serve grains run.</summary>
        public const int RuntimeGrainServices = 8000;

        /// <summary>The application's services run.</summary>
        public const int ApplicationServices = 10000;

        /// <summary>The silo joins.</summary>
        public const int BecomeActive = Active - 1;

        /// <summary>The silo serves.</summary>
        public const int Active = 20000;

        /// <summary>The last.</summary>
        public const int Last = int.MaxValue;
    }
}

namespace Orleans.Runtime
{
    /// <summary>The start and stop of a silo, as in Orleans.</summary>
    public interface ISiloLifecycle : ILifecycleObservable
    {
        /// <summary>The last stage that has started.</summary>
        int HighestCompletedStage { get; }

        /// <summary>The last stage that has stopped.</summary>
        int LowestStoppedStage { get; }
    }

    /// <summary>The start and stop of an activation, as in Orleans.</summary>
    public interface IGrainLifecycle : ILifecycleObservable;

    /// <summary>The stages of an activation, as in Orleans.</summary>
    public static class GrainLifecycleStage
    {
        /// <summary>The first.</summary>
        public const int First = int.MinValue;

        /// <summary>State is read.</summary>
        public const int SetupState = 1000;

        /// <summary>The grain's own start.</summary>
        public const int Activate = 2000;

        /// <summary>The last.</summary>
        public const int Last = int.MaxValue;
    }

    /// <summary>Work of a silo as it starts, as in Orleans.</summary>
    public interface IStartupTask
    {
        /// <summary>Does it.</summary>
        Task Execute(CancellationToken cancellationToken);
    }
}
