using System.Runtime.InteropServices;

namespace Distributed.Transports.SameHost;

/// <summary>What goes before the bytes that one rank sends to another in one exchange.</summary>
/// <param name="Number">Of the exchange, from 0.</param>
/// <param name="Tag">What it is for.</param>
/// <param name="Bytes">How many follow.</param>
/// <param name="Expected">How many the sender expects from the receiver in this exchange, so that either end finds what does not fit.</param>
[StructLayout(LayoutKind.Sequential, Size = PairRing.Unit)]
internal readonly record struct Frame(long Number, ExchangeTag Tag, long Bytes, long Expected);
