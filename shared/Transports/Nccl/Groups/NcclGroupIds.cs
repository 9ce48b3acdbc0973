namespace Distributed.Transports.Nccl;

/// <summary>
/// The ids of the communicators of groups within a world. The first rank of each group creates the id of the group, and all ranks receive
/// all ids.
/// </summary>
internal sealed class NcclGroupIds
{
    private readonly byte[] _ids; // by rank, then by kind of group; zeros if the rank has created none
    private readonly int _kinds;

    private NcclGroupIds(byte[] ids, int kinds) => (_ids, _kinds) = (ids, kinds);

    /// <summary>Creates and shares the ids; the first operation of the world.</summary>
    /// <param name="library">The loaded NCCL library.</param>
    /// <param name="world">Exchange of all ranks.</param>
    /// <param name="epoch">Epoch of the world.</param>
    /// <param name="isCreator">By kind of group: whether this rank creates the id of its group.</param>
    public static unsafe NcclGroupIds Share(NcclLibrary library, NcclExchange world, long epoch, IReadOnlyList<bool> isCreator)
    {
        const int Length = NcclLibrary.UniqueIdBytes;
        var own = new byte[isCreator.Count * Length];
        for (var kind = 0; kind < isCreator.Count; kind++)
        {
            if (isCreator[kind]) library.CreateUniqueId().CopyTo(own, kind * Length);
        }

        var all = new byte[world.Size * own.Length];
        long[] counts = [.. Enumerable.Repeat((long)own.Length, world.Size)];
        fixed (byte* from = own, to = all) new NcclCollectives(world, epoch).AllGather((nint)from, (nint)to, counts, NcclDataType.UInt8);
        return new NcclGroupIds(all, isCreator.Count);
    }

    /// <summary>Returns the id that a rank has created for its group of a kind.</summary>
    public ReadOnlySpan<byte> Of(int rank, int kind) =>
        _ids.AsSpan((rank * _kinds + kind) * NcclLibrary.UniqueIdBytes, NcclLibrary.UniqueIdBytes);
}
