namespace Distributed.Tensors.Simd;

/// <summary>
/// A register of fp32 or fp64 values, so that a kernel is written once for every width and type. Loads widen and stores narrow (to
/// nearest, ties to even); arithmetic is fp32, or fp64 for fp64 tensors.
/// <para>Elements in memory are <c>float</c> or <see cref="Bf16"/> for fp32 lanes, <c>double</c> for fp64 lanes.</para>
/// </summary>
internal unsafe interface ISimd<TSelf> where TSelf : unmanaged, ISimd<TSelf>
{
    /// <summary>Number of values in one register.</summary>
    static abstract int Count { get; }

    static abstract TSelf Load<TElement>(TElement* from) where TElement : unmanaged;

    static abstract void Store<TElement>(TElement* to, TSelf value) where TElement : unmanaged;

    /// <summary>Creates a register with the same value in every lane.</summary>
    static abstract TSelf Of(double value);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    static abstract TSelf Exp(TSelf a);

    /// <summary>Computes the natural logarithm.</summary>
    static abstract TSelf Log(TSelf a);

    static abstract TSelf Sqrt(TSelf a);

    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>Computes a * b + c.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>Computes the sum of all lanes, always in the same order.</summary>
    static abstract double Sum(TSelf a);

    /// <summary>Returns the largest lane.</summary>
    static abstract double Largest(TSelf a);
}
