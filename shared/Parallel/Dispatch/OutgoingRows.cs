namespace Distributed.Parallel.Dispatch;

/// <summary>
/// The rows that one rank sends: each token once to every rank that holds any of its experts, sorted by rank and then by token.
/// </summary>
/// <param name="Tokens">Token of each row, [S].</param>
/// <param name="LocalExperts">
/// Experts of each row's slots as indices on the destination rank, -1 for slots of other ranks, [S, K] flat.
/// </param>
/// <param name="RowsPerRank">Number of rows to each rank.</param>
/// <param name="Load">Number of tokens that chose each expert, [E].</param>
internal sealed record OutgoingRows(long[] Tokens, int[] LocalExperts, long[] RowsPerRank, long[] Load)
{
    /// <summary>Sorts the tokens of one rank by destination.</summary>
    /// <param name="chosen">Chosen experts, [T, K] flat.</param>
    /// <param name="slots">Number of slots per token, K.</param>
    /// <param name="locations">The ranks of the experts.</param>
    /// <param name="ranks">Number of ranks of the group.</param>
    public static OutgoingRows Sort(ReadOnlySpan<long> chosen, int slots, ExpertLocations locations, int ranks)
    {
        var tokens = chosen.Length / slots;
        var load = new long[locations.Experts];
        var perRank = new long[ranks];
        var lastToken = new int[ranks]; // the last token counted for each rank, from 1
        for (var token = 0; token < tokens; token++)
        {
            foreach (var expert in chosen.Slice(token * slots, slots))
            {
                load[expert]++;
                var rank = locations.RankOf((int)expert);
                if (lastToken[rank] == token + 1) continue;
                lastToken[rank] = token + 1;
                perRank[rank]++;
            }
        }

        var next = new long[ranks];
        for (var rank = 1; rank < ranks; rank++) next[rank] = next[rank - 1] + perRank[rank - 1];
        var sentTokens = new long[perRank.Sum()];
        var localExperts = new int[sentTokens.Length * slots];
        Array.Fill(localExperts, -1);
        Array.Clear(lastToken);
        for (var token = 0; token < tokens; token++)
        {
            for (var slot = 0; slot < slots; slot++)
            {
                var expert = (int)chosen[token * slots + slot];
                var rank = locations.RankOf(expert);
                if (lastToken[rank] != token + 1)
                {
                    lastToken[rank] = token + 1;
                    sentTokens[next[rank]++] = token;
                }

                localExperts[(next[rank] - 1) * slots + slot] = locations.IndexOf(expert);
            }
        }

        return new OutgoingRows(sentTokens, localExperts, perRank, load);
    }
}
