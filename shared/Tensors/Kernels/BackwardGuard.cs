using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Carries exceptions out of the backward of custom autograd functions. An exception that leaves such a backward ends the process,
/// because native frames lie between it and the caller. Therefore every backward runs in <see cref="Run"/>, which stores the exception
/// and returns no gradients. The code that started the backward calls <see cref="ThrowIfFailed"/> afterwards, on the same thread.
/// </summary>
public static class BackwardGuard
{
    [ThreadStatic]
    private static ExceptionDispatchInfo? _failure;

    /// <summary>Runs a backward; if it fails, all gradients are null.</summary>
    /// <param name="inputs">Number of arguments of the forward, tensors and others; the result has one entry for each.</param>
    /// <param name="backward">Computes the gradients.</param>
    public static List<Tensor> Run(int inputs, Func<List<Tensor>> backward)
    {
        try
        {
            if (_failure is null) return backward();
        }
        catch (Exception error)
        {
            _failure = ExceptionDispatchInfo.Capture(error);
        }

        return [.. Enumerable.Repeat<Tensor>(null!, inputs)];
    }

    /// <summary>Whether an output has a gradient, for functions that set <c>set_materialize_grads(false)</c>.</summary>
    public static bool IsGiven(Tensor? gradient) => gradient is not null && !gradient.IsInvalid;

    /// <summary>Throws the exception of the last backward of this thread, if that backward failed.</summary>
    public static void ThrowIfFailed()
    {
        var failure = _failure;
        _failure = null;
        failure?.Throw();
    }
}
