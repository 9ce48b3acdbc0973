using Distributed.Protocol.Sockets;

namespace Distributed.Coordinator.Tests.Protocol;

public sealed class UnixSocketPathTests
{
    [Theory]
    [InlineData('a', 107, true)]
    [InlineData('a', 108, false)]
    [InlineData('ж', 53, true)]
    [InlineData('ж', 54, false)]
    [InlineData('ж', 0, false)]
    public void Problem_OfAPath_CountsItsBytes(char letter, int letters, bool fits) =>
        Assert.Equal(fits, UnixSocketPath.Problem(new string(letter, letters)) is null);
}
