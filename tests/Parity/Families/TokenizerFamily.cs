namespace Distributed.Parity.Tests.Families;

internal static class TokenizerFamily
{
    public static void Check(GoldenCase golden) => GoldenTests.NotYet(golden, golden.Family);
}
