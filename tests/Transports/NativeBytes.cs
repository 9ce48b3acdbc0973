using System.Runtime.InteropServices;

namespace Distributed.Transports.Tests;

/// <summary>Native memory with a guard byte after it that must not be written.</summary>
internal sealed unsafe class NativeBytes : IDisposable
{
    private const byte Guard = 0xA5;
    private readonly byte* _memory;
    private readonly int _length;

    public NativeBytes(int length)
    {
        _length = length;
        _memory = (byte*)NativeMemory.AllocZeroed((nuint)length + 1);
        _memory[length] = Guard;
    }

    public Span<byte> Bytes => new(_memory, _length);

    public ExchangeBuffer Buffer => new((nint)_memory, _length);

    public bool IsGuardIntact => _memory[_length] == Guard;

    public void Dispose() => NativeMemory.Free(_memory);
}
