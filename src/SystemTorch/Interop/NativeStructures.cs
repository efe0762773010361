using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>A number as it crosses to libtorch: an integer stays one. Kind 0 integer, 1 real, 2 truth.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Number(long Integer, double Real, int Kind);

/// <summary>Where and as what a tensor is made; <see cref="DType"/> -1 leaves the type to libtorch.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Place(int DType, int DeviceType, int DeviceIndex, int RequiresGrad);

/// <summary>One index of an indexing expression; see native/tensors.cpp.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Index
{
    internal int Kind;
    internal int Has;
    internal long Start;
    internal long Stop;
    internal long Step;
    internal nint Tensor;
}

/// <summary>What one step of Adam is told.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct AdamSettings(
    double Rate, double Beta1, double Beta2, double Eps, double Decay, int AmsGrad, int Maximize);

/// <summary>What one step of stochastic gradient descent is told.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct SgdSettings(
    double Rate, double Momentum, double Dampening, double Decay, int Nesterov, int Maximize);
