using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Distributed.Protocol.Identities;

namespace Distributed.Transports.Grpc.Frames;

/// <summary>Eight bytes that identify a job and a group in every frame. The epoch is a separate field.</summary>
internal static class GroupFingerprint
{
    public static ulong Of(GroupEpoch group)
    {
        var text = $"{group.Job.Value.Length}:{group.Job.Value}/{group.Group}";
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
