using System.Runtime.InteropServices;
using Distributed.Checkpoints;
using Distributed.Tensors;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Training.Recovery;

/// <summary>Which moment of which group a recovery point is of: the parts of all its ranks together are the whole state.</summary>
/// <param name="Epoch">The group's epoch when it was taken.</param>
/// <param name="Step">Steps committed then.</param>
/// <param name="World">Ranks of the group, each with a part.</param>
public readonly record struct RecoveryMoment(long Epoch, long Step, int World);

/// <summary>
/// One rank's part of the state of a run after a step, in memory of its own: its share of weights, optimizer state and router biases under
/// their global names, as in a checkpoint, so that ranks of any other layout can go on from all parts together.
/// </summary>
public sealed unsafe class RecoveryPoint : IDisposable
{
    private byte* _memory;

    private RecoveryPoint(RecoveryMoment moment, int owner, long position, IReadOnlyList<RecoveryEntry> entries, byte* memory)
    {
        (Moment, Owner, Position, Entries) = (moment, owner, position, entries);
        _memory = memory;
        Length = LengthOf(entries);
    }

    /// <summary>When.</summary>
    public RecoveryMoment Moment { get; }

    /// <summary>Whose part, a rank of the epoch in which it was taken.</summary>
    public int Owner { get; }

    /// <summary>Global position of the next sample.</summary>
    public long Position { get; }

    /// <summary>What is in it.</summary>
    public IReadOnlyList<RecoveryEntry> Entries { get; }

    /// <summary>Bytes of all tensors, with the gaps between them.</summary>
    public long Length { get; }

    /// <summary>Where the tensors lie.</summary>
    public nint Memory => (nint)(_memory is null ? throw new ObjectDisposedException(nameof(RecoveryPoint)) : _memory);

    /// <summary>The first tensor with a value that is not finite, of those copied here; null where all are finite.</summary>
    public string? NotFinite { get; private set; }

    /// <summary>Copies a rank's tensors, and looks on the way whether they are finite.</summary>
    /// <param name="moment">When.</param>
    /// <param name="owner">The rank.</param>
    /// <param name="position">Of the next sample.</param>
    /// <param name="tensors">On the CPU.</param>
    public static RecoveryPoint Of(RecoveryMoment moment, int owner, long position, IEnumerable<(TensorKind Kind, string Name, Tensor Tensor)> tensors)
    {
        var list = tensors.ToList();
        var entries = new List<RecoveryEntry>(list.Count);
        var offset = 0L;
        foreach (var (kind, name, tensor) in list)
        {
            var dtype = SafetensorsDtype.Find(tensor.dtype) ?? throw new NotSupportedException($"{name}: {tensor.dtype} cannot be kept in a recovery point.");
            var entry = new RecoveryEntry(kind, name, dtype.Name, [.. tensor.shape], offset, TensorMemory.ByteCount(tensor));
            entries.Add(entry);
            offset += entry.Padded;
        }

        var point = new RecoveryPoint(moment, owner, position, entries, (byte*)NativeMemory.Alloc((nuint)Math.Max(1, LengthOf(entries))));
        using var mode = no_grad();
        foreach (var ((_, _, tensor), entry) in list.Zip(entries))
        {
            using var plain = tensor.contiguous();
            if (!Copy((byte*)TensorMemory.Pointer(plain), point._memory + entry.Offset, entry.Length, tensor.dtype)) point.NotFinite ??= entry.Name;
        }

        return point;
    }

    /// <summary>A part that another rank has sent.</summary>
    /// <param name="moment">When.</param>
    /// <param name="owner">That rank.</param>
    /// <param name="position">Of the next sample.</param>
    /// <param name="entries">What is in it.</param>
    /// <param name="memory">Where the tensors lie, allocated by <see cref="NativeMemory"/>; owned from now on.</param>
    public static RecoveryPoint Received(RecoveryMoment moment, int owner, long position, IReadOnlyList<RecoveryEntry> entries, nint memory) => new(moment, owner, position, entries, (byte*)memory);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }

    // In pieces that are still in the processor's cache when they are looked at.
    private static bool Copy(byte* from, byte* to, long length, ScalarType type)
    {
        const int Piece = 1 << 18;
        var areFinite = true;
        for (var done = 0L; done < length; done += Piece)
        {
            var piece = new ReadOnlySpan<byte>(from + done, (int)Math.Min(Piece, length - done));
            piece.CopyTo(new Span<byte>(to + done, piece.Length));
            areFinite = areFinite && FiniteValues.AreAll(piece, type);
        }

        return areFinite;
    }

    private static long LengthOf(IReadOnlyList<RecoveryEntry> entries) => entries.Count == 0 ? 0 : entries[^1].Offset + entries[^1].Padded;
}

/// <summary>A tensor of a recovery point.</summary>
/// <param name="Kind">Weights or optimizer state.</param>
/// <param name="Name">Global name.</param>
/// <param name="Dtype">In safetensors' spelling.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Offset">First byte, from the beginning of the part.</param>
/// <param name="Length">Bytes.</param>
public sealed record RecoveryEntry(TensorKind Kind, string Name, string Dtype, long[] Shape, long Offset, long Length)
{
    private const long Alignment = 64;

    /// <summary>Bytes up to where the next tensor may begin.</summary>
    public long Padded => (Length + Alignment - 1) / Alignment * Alignment;
}
