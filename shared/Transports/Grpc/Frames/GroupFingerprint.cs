using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Distributed.Protocol.Identities;

namespace Distributed.Transports.Grpc.Frames;

/// <summary>Eight bytes that stand for a job and a group in every frame. The epoch is a field of its own.</summary>
internal static class GroupFingerprint
{
    public static ulong Of(GroupEpoch group)
    {
        var text = $"{group.Job.Value.Length}:{group.Job.Value}/{group.Group}";
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
