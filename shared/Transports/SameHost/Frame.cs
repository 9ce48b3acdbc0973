using System.Runtime.InteropServices;

namespace Distributed.Transports.SameHost;

/// <summary>The header before the bytes that one rank sends to another in one exchange.</summary>
/// <param name="Number">Number of the exchange, from 0.</param>
/// <param name="Tag">Tag of the exchange.</param>
/// <param name="Bytes">Number of bytes that follow.</param>
/// <param name="Expected">Bytes that the sender expects from the receiver in this exchange, so that both ends detect a mismatch.</param>
[StructLayout(LayoutKind.Sequential, Size = PairRing.Unit)]
internal readonly record struct Frame(long Number, ExchangeTag Tag, long Bytes, long Expected);
