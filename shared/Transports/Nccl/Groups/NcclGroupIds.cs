namespace Distributed.Transports.Nccl;

/// <summary>The ids of the communicators of groups within a world: each rank makes those of the groups that it is the first of, and tells all.</summary>
internal sealed class NcclGroupIds
{
    private readonly byte[] _ids; // by rank, then by kind of group; zeros where the rank has made none
    private readonly int _kinds;

    private NcclGroupIds(byte[] ids, int kinds) => (_ids, _kinds) = (ids, kinds);

    /// <summary>Makes and shares them; the first operation of the world.</summary>
    /// <param name="library">NCCL.</param>
    /// <param name="world">All ranks.</param>
    /// <param name="epoch">Of the group.</param>
    /// <param name="makes">By kind of group, whether this rank makes the id of its group.</param>
    public static unsafe NcclGroupIds Share(NcclLibrary library, NcclExchange world, long epoch, IReadOnlyList<bool> makes)
    {
        const int Length = NcclLibrary.UniqueIdBytes;
        var own = new byte[makes.Count * Length];
        for (var kind = 0; kind < makes.Count; kind++)
        {
            if (makes[kind]) library.CreateUniqueId().CopyTo(own, kind * Length);
        }

        var all = new byte[world.Size * own.Length];
        long[] counts = [.. Enumerable.Repeat((long)own.Length, world.Size)];
        fixed (byte* from = own, to = all) new NcclCollectives(world, epoch).AllGather((nint)from, (nint)to, counts, NcclDataType.UInt8);
        return new NcclGroupIds(all, makes.Count);
    }

    /// <summary>The id that a rank has made for its group of a kind.</summary>
    public ReadOnlySpan<byte> Of(int rank, int kind) => _ids.AsSpan((rank * _kinds + kind) * NcclLibrary.UniqueIdBytes, NcclLibrary.UniqueIdBytes);
}
