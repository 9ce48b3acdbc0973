using System.Runtime.InteropServices;
using Distributed.Checkpoints;
using Distributed.Tensors;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Training.Recovery;

/// <summary>Identifies a recovery point of a group. The parts of all ranks together are the whole state of the run.</summary>
/// <param name="Epoch">Epoch of the group that took the recovery point.</param>
/// <param name="Step">Steps committed in the state.</param>
/// <param name="World">Number of ranks of the group; each has one part.</param>
public readonly record struct RecoveryPointId(long Epoch, long Step, int World);

/// <summary>
/// One rank's part of a recovery point: a copy of its share of weights, optimizer state and router biases after a step. Tensors have their
/// global names, as in a checkpoint, so a group of any other layout can resume from all parts together.
/// </summary>
public sealed unsafe class RecoveryPoint : IDisposable
{
    private byte* _memory;

    private RecoveryPoint(RecoveryPointId id, int owner, long position, IReadOnlyList<RecoveryEntry> entries, byte* memory)
    {
        (Id, Owner, Position, Entries) = (id, owner, position, entries);
        _memory = memory;
        Length = LengthOf(entries);
    }

    /// <summary>The recovery point that this part belongs to.</summary>
    public RecoveryPointId Id { get; }

    /// <summary>The rank that this part is of, in the epoch of the recovery point.</summary>
    public int Owner { get; }

    /// <summary>Global position of the next sample.</summary>
    public long Position { get; }

    /// <summary>The tensors of this part.</summary>
    public IReadOnlyList<RecoveryEntry> Entries { get; }

    /// <summary>Size of all tensors including padding, in bytes.</summary>
    public long Length { get; }

    /// <summary>Address of the tensors.</summary>
    public nint Memory => (nint)(_memory is null ? throw new ObjectDisposedException(nameof(RecoveryPoint)) : _memory);

    /// <summary>The first copied tensor with a value that is not finite; null if all are finite.</summary>
    public string? NotFinite { get; private set; }

    /// <summary>Copies a rank's tensors and checks that they are finite.</summary>
    /// <param name="id">Identifies the recovery point.</param>
    /// <param name="owner">The rank.</param>
    /// <param name="position">Global position of the next sample.</param>
    /// <param name="tensors">The tensors to copy, in CPU memory.</param>
    public static RecoveryPoint Of(
        RecoveryPointId id, int owner, long position, IEnumerable<(TensorKind Kind, string Name, Tensor Tensor)> tensors)
    {
        var list = tensors.ToList();
        var entries = new List<RecoveryEntry>(list.Count);
        var offset = 0L;
        foreach (var (kind, name, tensor) in list)
        {
            var dtype = SafetensorsDtype.Find(tensor.dtype)
                ?? throw new NotSupportedException($"{name}: {tensor.dtype} cannot be kept in a recovery point.");
            var entry = new RecoveryEntry(kind, name, dtype.Name, [.. tensor.shape], offset, TensorMemory.ByteCount(tensor));
            entries.Add(entry);
            offset += entry.Padded;
        }

        var point = new RecoveryPoint(id, owner, position, entries, (byte*)NativeMemory.Alloc((nuint)Math.Max(1, LengthOf(entries))));
        using var mode = no_grad();
        foreach (var ((_, _, tensor), entry) in list.Zip(entries))
        {
            using var plain = tensor.contiguous();
            var isFinite = Copy((byte*)TensorMemory.Pointer(plain), point._memory + entry.Offset, entry.Length, tensor.dtype);
            if (!isFinite) point.NotFinite ??= entry.Name;
        }

        return point;
    }

    /// <summary>Creates a part from tensors that another rank has sent.</summary>
    /// <param name="id">Identifies the recovery point.</param>
    /// <param name="owner">The rank that sent the part.</param>
    /// <param name="position">Global position of the next sample.</param>
    /// <param name="entries">The tensors.</param>
    /// <param name="memory">Address of the tensors, allocated by <see cref="NativeMemory"/>; the new part takes ownership.</param>
    public static RecoveryPoint Received(RecoveryPointId id, int owner, long position, IReadOnlyList<RecoveryEntry> entries,
        nint memory) => new(id, owner, position, entries, (byte*)memory);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }

    // Copies in pieces, so that each piece is still in the processor's cache when it is checked.
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
/// <param name="Name">Global name of the tensor.</param>
/// <param name="Dtype">Type in the spelling of safetensors.</param>
/// <param name="Shape">Shape of the tensor.</param>
/// <param name="Offset">Position of the first byte in the part.</param>
/// <param name="Length">Size in bytes, without padding.</param>
public sealed record RecoveryEntry(TensorKind Kind, string Name, string Dtype, long[] Shape, long Offset, long Length)
{
    private const long Alignment = 64;

    /// <summary>Size in bytes, with padding to the next multiple of 64.</summary>
    public long Padded => (Length + Alignment - 1) / Alignment * Alignment;
}
