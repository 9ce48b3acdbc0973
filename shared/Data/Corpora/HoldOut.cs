using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Distributed.Data.Corpora;

/// <summary>
/// Which documents are kept for evaluation: a function of the document alone, so it is the same in every run, on
/// every machine, and stays so when a corpus grows.
/// </summary>
/// <param name="threshold">Documents that belong to no group are held out where their hash is below, of 2^64.</param>
public sealed class HoldOut(UInt128 threshold)
{
    /// <summary>Of 1000 namespaces so many are held out.</summary>
    private const int GroupsInThousand = 40;

    // Chosen among the numbers from 0 for holding out 3 to 5 % of the default corpus in namespaces of different kinds:
    // System.Globalization, System.IO.MemoryMappedFiles, System.Net.Security, System.Text.Json.Schema, System.Threading.Channels.
    private const string GroupSalt = "26:";

    /// <summary>Holds out a fraction of the documents that belong to no group.</summary>
    /// <param name="fraction">From 0 to below 1.</param>
    public static HoldOut Fraction(double fraction) => new((UInt128)(fraction * Math.Pow(2, 64)));

    /// <summary>Whether the document is for evaluation only.</summary>
    public bool Holds(Document document) => document.Group is { } group ? HoldsGroup(group) : Rank(document) < threshold;

    /// <summary>Whether all documents of the group are for evaluation only.</summary>
    public static bool HoldsGroup(string group) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(GroupSalt + group))) % 1000 < GroupsInThousand;

    /// <summary>Where a document stands between 0 and 2^64: the low half of its hash.</summary>
    public static ulong Rank(Document document) => (ulong)Deduplication.HashOf(document.Text);
}
