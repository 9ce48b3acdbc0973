using System.Runtime.InteropServices;

namespace Distributed.Tensors.Processor;

/// <summary>Scratch memory of a thread for use within one call; grows to the largest size requested and is kept.</summary>
internal static unsafe class ThreadScratch
{
    private const int Slots = 12;
    private const nuint Alignment = 64;

    [ThreadStatic]
    private static Blocks? _blocks;

    /// <summary>
    /// Returns a block of at least <paramref name="bytes"/> bytes with undefined contents; invalidates the slot's previous block.
    /// </summary>
    public static nint Reserve(int slot, long bytes) => (_blocks ??= new Blocks()).Reserve(slot, bytes);

    // The finalizer frees the memory after the thread has ended.
    private sealed class Blocks
    {
        private readonly nint[] _memory = new nint[Slots];
        private readonly long[] _bytes = new long[Slots];

        ~Blocks()
        {
            foreach (var memory in _memory) NativeMemory.AlignedFree((void*)memory);
        }

        public nint Reserve(int slot, long bytes)
        {
            if (bytes <= _bytes[slot]) return _memory[slot];
            NativeMemory.AlignedFree((void*)_memory[slot]);
            (_memory[slot], _bytes[slot]) = (0, 0);
            _memory[slot] = (nint)NativeMemory.AlignedAlloc(checked((nuint)bytes), Alignment);
            _bytes[slot] = bytes;
            return _memory[slot];
        }
    }
}
