using System.Globalization;

namespace TorchSharp;

/// <summary>Kinds of devices, with libtorch's own numbers.</summary>
public enum DeviceType
{
    CPU = 0,
    CUDA = 1,
    MPS = 13,
    META = 14,
}

public static partial class torch
{
    /// <summary>The main memory.</summary>
    public static readonly Device CPU = new(DeviceType.CPU);

    /// <summary>The current CUDA device.</summary>
    public static Device CUDA => InitializeDevice(new Device(DeviceType.CUDA));

    /// <summary>A device where a tensor may lie: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>.</summary>
    public class Device
    {
        public Device(string description)
        {
            var parts = description.Split(':');
            if (parts.Length > 2 || !Enum.TryParse<DeviceType>(parts[0], ignoreCase: true, out var kind))
            {
                throw new ArgumentException($"'{description}' is no device: write cpu, cuda or cuda:<number>", nameof(description));
            }

            type = kind;
            index = parts.Length == 2 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : -1;
        }

        public Device(string deviceType, int index)
            : this(deviceType) => this.index = index;

        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        public Device(int index)
            : this(DeviceType.CUDA, index)
        {
        }

        /// <summary>Kind of the device.</summary>
        public DeviceType type { get; }

        /// <summary>Number among the devices of its kind; -1 is the current one.</summary>
        public int index { get; }

        public static implicit operator Device(string description) => new(description);

        /// <inheritdoc/>
        public override string ToString() => type == DeviceType.CPU || index < 0
            ? type.ToString().ToLowerInvariant()
            : $"{type.ToString().ToLowerInvariant()}:{index}";
    }

    public static Device device(string description) => InitializeDevice(new Device(description));

    public static Device device(string deviceType, int index = -1) => InitializeDevice(new Device(deviceType, index));

    public static Device device(DeviceType deviceType, int index = -1) => InitializeDevice(new Device(deviceType, index));

    /// <summary>Loads libtorch, and tells whether a device of this kind is there.</summary>
    public static bool TryInitializeDeviceType(DeviceType deviceType) => deviceType switch
    {
        DeviceType.CPU or DeviceType.META => NativeMethods.st_live_tensors() >= 0,
        DeviceType.CUDA => NativeMethods.st_cuda_is_available() != 0,
        _ => false,
    };

    /// <summary>Loads libtorch. Throws <see cref="InvalidOperationException"/> where no device of this kind is there.</summary>
    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (!TryInitializeDeviceType(deviceType))
        {
            throw new InvalidOperationException($"Torch device type {deviceType} did not initialise on the current machine.");
        }
    }

    /// <summary>The device itself, or the main memory for none, after <see cref="InitializeDeviceType"/>.</summary>
    public static Device InitializeDevice(Device? device)
    {
        device ??= CPU;
        if (device.type != DeviceType.CPU) InitializeDeviceType(device.type);
        return device;
    }

    public static bool cuda_is_available() => cuda.is_available();

    /// <summary>CUDA devices.</summary>
    public static class cuda
    {
        public static bool is_available() => NativeMethods.st_cuda_is_available() != 0;

        public static int device_count() => NativeMethods.st_cuda_device_count();

        /// <summary>Waits until the device has done all that it was asked for.</summary>
        public static void synchronize(Device? device = null) => NativeErrors.Check(NativeMethods.st_cuda_synchronize(device?.index ?? -1));
    }
}
