using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// An exception that leaves a custom autograd function's backward ends the process, since native frames lie between it
/// and the caller. So every backward runs in <see cref="Run"/>, which keeps the exception and gives no gradients,
/// and whoever started the backward asks <see cref="ThrowIfFailed"/> afterwards, on the same thread.
/// </summary>
public static class BackwardGuard
{
    [ThreadStatic]
    private static ExceptionDispatchInfo? _failure;

    /// <summary>Runs a backward; where it fails, every gradient is left out.</summary>
    /// <param name="inputs">Arguments of the forward, tensors and others, each of which has a place in the result.</param>
    /// <param name="backward">The gradients.</param>
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

    /// <summary>Whether an output has got a gradient, where a function leaves those that have none out (<c>set_materialize_grads(false)</c>).</summary>
    public static bool IsGiven(Tensor? gradient) => gradient is not null && !gradient.IsInvalid;

    /// <summary>Throws what the backward that this thread has just run failed with, if it did.</summary>
    public static void ThrowIfFailed()
    {
        var failure = _failure;
        _failure = null;
        failure?.Throw();
    }
}
