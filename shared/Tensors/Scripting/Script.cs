using static TorchSharp.torch.jit;

namespace Distributed.Tensors.Scripting;

/// <summary>A TorchScript function, compiled at its first use and kept for the lifetime of the process.</summary>
internal sealed class Script(string name, string source)
{
    private readonly Lazy<CompilationUnit> _unit = new(() => compile(source + "\n"), LazyThreadSafetyMode.ExecutionAndPublication);

    public T Invoke<T>(params object[] arguments) => _unit.Value.invoke<T>(name, arguments);

    public void Invoke(params object[] arguments) => _unit.Value.invoke(name, arguments);
}
