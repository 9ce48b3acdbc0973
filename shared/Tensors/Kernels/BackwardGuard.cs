using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Carries exceptions out of the backward of custom autograd functions. An exception that leaves such a backward ends the process,
/// because native frames lie between it and the caller. Therefore every <see cref="KernelFunction{TSelf}"/> runs its backward in
/// <see cref="Run"/>, which stores the exception and returns no gradients. The code that started the backward calls
/// <see cref="ThrowIfFailed"/> afterwards, on the same thread.
/// </summary>
public static class BackwardGuard
{
    [ThreadStatic]
    private static ExceptionDispatchInfo? _failure;

    /// <summary>Runs a backward; if it fails, all gradients are null.</summary>
    /// <param name="inputs">Number of arguments of the forward, tensors and others; the result has one entry for each.</param>
    /// <param name="backward">Computes the gradients of the leading arguments; the others have none.</param>
    internal static List<Tensor> Run(int inputs, Func<Tensor?[]> backward)
    {
        var gradients = new Tensor?[inputs];
        try
        {
            if (_failure is null) backward().CopyTo(gradients, 0);
        }
        catch (Exception error)
        {
            _failure = ExceptionDispatchInfo.Capture(error);
        }

        return [.. gradients.Select(gradient => gradient!)];
    }

    /// <summary>Whether an output has a gradient, for functions that set <c>set_materialize_grads(false)</c>.</summary>
    public static bool IsGiven(Tensor? gradient) => gradient is not null && !gradient.IsInvalid;

    /// <summary>Returns an output's gradient, contiguous; zeros if it has none.</summary>
    internal static Tensor OrZeros(Tensor? gradient, ReadOnlySpan<long> shape, ScalarType type) =>
        IsGiven(gradient) ? gradient!.contiguous() : zeros(shape, type);

    /// <summary>Throws the exception of the last backward of this thread, if that backward failed.</summary>
    public static void ThrowIfFailed()
    {
        var failure = _failure;
        _failure = null;
        failure?.Throw();
    }
}
