using System.Runtime.InteropServices;
using System.Text.Json;
using Distributed.Transports;

namespace Distributed.Training.Recovery;

/// <summary>
/// Sends parts of recovery points between ranks in three exchanges: stage 0 the lengths, stage 1 the tables of tensors, stage 2 the
/// tensors.
/// </summary>
/// <param name="world">Exchange over all ranks.</param>
/// <param name="epoch">Epoch of the group.</param>
internal sealed unsafe class PartExchange(IExchange world, long epoch)
{
    private long _number;

    /// <summary>Step of the recovery point, for the tags of the exchanges.</summary>
    public long Step { get; set; }

    /// <summary>Table of the tensors in a message.</summary>
    /// <param name="Position">Global position of the next sample.</param>
    /// <param name="Entries">The tensors; their offsets start at 0 in the message.</param>
    public sealed record Table(long Position, IReadOnlyList<RecoveryEntry> Entries);

    /// <summary>A received message.</summary>
    /// <param name="Table">Table of the tensors.</param>
    /// <param name="Memory">Memory of the tensors; the receiver frees it with <see cref="NativeMemory.Free"/>.</param>
    /// <param name="Length">Size of the tensors, in bytes.</param>
    public sealed record Message(Table Table, nint Memory, long Length);

    /// <summary>Sends tensors to each rank and receives tensors from each rank. Every rank must call it.</summary>
    /// <param name="toSend">By destination: the sample position, and the tensors with their parts; null to send nothing.</param>
    /// <returns>The messages by source; null if a rank has sent nothing.</returns>
    public Message?[] Run(IReadOnlyList<(long Position, IReadOnlyList<(RecoveryPoint Part, RecoveryEntry Entry)> Tensors)?> toSend)
    {
        var size = world.Size;
        var tables = new byte[size][];
        var (lengths, theirs) = (new long[2 * size], new long[2 * size]);
        for (var peer = 0; peer < size; peer++)
        {
            tables[peer] = [];
            if (toSend[peer] is not { } message) continue;
            var packed = Pack(message.Tensors);
            tables[peer] = JsonSerializer.SerializeToUtf8Bytes(new Table(message.Position, packed));
            (lengths[2 * peer], lengths[2 * peer + 1]) = (tables[peer].Length, packed.Sum(entry => entry.Padded));
        }

        fixed (long* mine = lengths)
        fixed (long* their = theirs)
        {
            var (send, receive) = (new ExchangeBuffer[size], new ExchangeBuffer[size]);
            for (var peer = 0; peer < size; peer++)
                (send[peer], receive[peer]) = (new ExchangeBuffer((nint)(mine + 2 * peer), 2 * sizeof(long)),
                    new ExchangeBuffer((nint)(their + 2 * peer), 2 * sizeof(long)));
            Exchange(0, send, receive);
        }

        return Send(toSend, tables, lengths, theirs);
    }

    private Message?[] Send(IReadOnlyList<(long Position, IReadOnlyList<(RecoveryPoint Part, RecoveryEntry Entry)> Tensors)?> toSend,
        byte[][] tables, long[] lengths, long[] theirs)
    {
        var size = world.Size;
        var (send, receive) = (new ExchangeBuffer[size], new ExchangeBuffer[size]);
        var (sendTables, receiveTables) = (new ExchangeBuffer[size], new ExchangeBuffer[size]);
        var mine = new List<nint>();
        var taken = false;
        try
        {
            for (var peer = 0; peer < size; peer++)
            {
                sendTables[peer] = Of(tables[peer], mine);
                receiveTables[peer] = new ExchangeBuffer((nint)NativeMemory.Alloc((nuint)theirs[2 * peer]), theirs[2 * peer]);
                mine.Add(receiveTables[peer].Pointer);
                if (toSend[peer] is { } message) send[peer] = Gather(message.Tensors, lengths[2 * peer + 1], mine);
                if (theirs[2 * peer + 1] > 0)
                    receive[peer] = new ExchangeBuffer((nint)NativeMemory.Alloc((nuint)theirs[2 * peer + 1]), theirs[2 * peer + 1]);
            }

            Exchange(1, sendTables, receiveTables);
            Exchange(2, send, receive);
            var messages = new Message?[size];
            for (var peer = 0; peer < size; peer++)
            {
                if (theirs[2 * peer] == 0) continue;
                var table = JsonSerializer.Deserialize<Table>(
                    new ReadOnlySpan<byte>((void*)receiveTables[peer].Pointer, checked((int)theirs[2 * peer])))!;
                messages[peer] = new Message(table, receive[peer].Pointer, receive[peer].Bytes);
            }

            taken = true;
            return messages;
        }
        finally
        {
            foreach (var memory in mine) NativeMemory.Free((void*)memory);
            if (!taken)
                foreach (var buffer in receive) NativeMemory.Free((void*)buffer.Pointer);
            _number++;
        }
    }

    private static List<RecoveryEntry> Pack(IReadOnlyList<(RecoveryPoint Part, RecoveryEntry Entry)> tensors)
    {
        var offset = 0L;
        var packed = new List<RecoveryEntry>(tensors.Count);
        foreach (var (_, entry) in tensors)
        {
            packed.Add(entry with { Offset = offset });
            offset += entry.Padded;
        }

        return packed;
    }

    private static ExchangeBuffer Gather(IReadOnlyList<(RecoveryPoint Part, RecoveryEntry Entry)> tensors, long length, List<nint> mine)
    {
        if (length == 0) return default;
        // A whole part is sent from its own memory. A selection of its tensors is copied first.
        if (tensors.Count == tensors[0].Part.Entries.Count && length == tensors[0].Part.Length)
            return new ExchangeBuffer(tensors[0].Part.Memory, length);
        var memory = (byte*)NativeMemory.Alloc((nuint)length);
        mine.Add((nint)memory);
        var offset = 0L;
        foreach (var (part, entry) in tensors)
        {
            NativeMemory.Copy((byte*)part.Memory + entry.Offset, memory + offset, (nuint)entry.Length);
            offset += entry.Padded;
        }

        return new ExchangeBuffer((nint)memory, length);
    }

    private static ExchangeBuffer Of(byte[] bytes, List<nint> mine)
    {
        if (bytes.Length == 0) return default;
        var memory = NativeMemory.Alloc((nuint)bytes.Length);
        mine.Add((nint)memory);
        bytes.CopyTo(new Span<byte>(memory, bytes.Length));
        return new ExchangeBuffer((nint)memory, bytes.Length);
    }

    private void Exchange(int stage, ExchangeBuffer[] send, ExchangeBuffer[] receive) =>
        world.Start(new ExchangeTag(epoch, Step, MicroBatch: unchecked((int)_number), stage, ExchangePhase.Recovery), send, receive).Wait();
}
