using System.Runtime.InteropServices;

namespace Distributed.Transports.Nccl;

/// <summary>What two ranks tell each other before an operation's bytes pass, for NCCL compares nothing. 64 bytes.</summary>
/// <param name="Mark">Says that this is a header.</param>
/// <param name="Phase">Of the tag.</param>
/// <param name="Number">The operation's number in the group.</param>
/// <param name="Epoch">Of the tag.</param>
/// <param name="Step">Of the tag.</param>
/// <param name="MicroBatch">Of the tag.</param>
/// <param name="Layer">Of the tag.</param>
/// <param name="Sends">The bytes that the sender of this sends to its receiver.</param>
/// <param name="Expects">The bytes that it expects from it.</param>
[StructLayout(LayoutKind.Sequential, Size = Length)]
internal readonly record struct NcclHeader(
    uint Mark, int Phase, long Number, long Epoch, long Step, int MicroBatch, int Layer, long Sends, long Expects)
{
    public const int Length = 64;
    private const uint HeadersMark = 0x4e584831;

    public static NcclHeader Of(NcclRound round, int peer)
    {
        var tag = round.Tag;
        return new NcclHeader(
            HeadersMark, (int)tag.Phase, round.Number, tag.Epoch, tag.Step, tag.MicroBatch, tag.Layer,
            round.SendBytes(peer), round.ReceiveBytes(peer));
    }

    /// <summary>What is wrong between a rank's operation and this header of a peer, or null.</summary>
    public Exception? FindMismatch(int rank, NcclRound round, int peer)
    {
        if (Mark != HeadersMark || Number != round.Number)
        {
            return new InvalidOperationException(
                $"Rank {rank} received no header of operation {round.Number} from rank {peer}: the communicator is out of step.");
        }

        var tag = new ExchangeTag(Epoch, Step, MicroBatch, Layer, (ExchangePhase)Phase);
        var (sends, expects) = (round.SendBytes(peer), round.ReceiveBytes(peer));
        if (tag != round.Tag) return ExchangeMismatchException.OfTags(rank, round.Tag, peer, tag);
        if (sends != Expects) return ExchangeMismatchException.OfLengths(rank, tag, rank, sends, peer, Expects);
        if (expects != Sends) return ExchangeMismatchException.OfLengths(rank, tag, peer, Sends, rank, expects);
        return null;
    }
}
