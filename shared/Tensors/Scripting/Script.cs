using TorchSharp;
using static TorchSharp.torch.jit;

namespace Distributed.Tensors.Scripting;

/// <summary>A TorchScript function, compiled at its first use and kept for the lifetime of the process.</summary>
internal sealed class Script(string name, string source)
{
    private readonly Lazy<CompilationUnit> _unit = new(() => compile(source + "\n"), LazyThreadSafetyMode.ExecutionAndPublication);

    public T Invoke<T>(params object[] arguments)
    {
        object[] kept = [.. arguments.Select(WithScalar)];
        var result = _unit.Value.invoke<T>(name, kept);
        GC.KeepAlive(kept);
        return result;
    }

    public void Invoke(params object[] arguments)
    {
        object[] kept = [.. arguments.Select(WithScalar)];
        _unit.Value.invoke(name, kept);
        GC.KeepAlive(kept);
    }

    // TorchSharp converts a number to a scalar of libtorch to which nothing refers during the call, so the garbage collector may free it.
    private static object WithScalar(object argument) => argument is double number ? number.ToScalar() : argument;
}
