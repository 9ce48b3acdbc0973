namespace Distributed.Parity.Tests.Families;

internal static class ModelAccountingFamily
{
    public static void Check(GoldenCase golden) => GoldenTests.NotYet(golden, golden.Family);
}
