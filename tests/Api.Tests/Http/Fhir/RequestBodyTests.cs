using MedLedger.Api.Http;
using MedLedger.Api.Http.Rest;
using Microsoft.AspNetCore.Http;

namespace MedLedger.Api.Tests.Http.Fhir;

/// <summary>Bodies are read whole, whatever length was claimed, and a claim alone takes no memory.</summary>
public sealed class RequestBodyTests
{
    private const int Part = 1 << 20;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(Part, Part)]
    [InlineData(Part + 1, Part + 1)]
    [InlineData((7 * Part) / 2, (7 * Part) / 2)]
    [InlineData(16 * Part, 16 * Part)]
    [InlineData((16 * Part) + 1, (16 * Part) + 1)]
    [InlineData(3 * Part, Part)]
    [InlineData(3 * Part, (2 * Part) + 5)]
    [InlineData(10, 0)]
    [InlineData(null, (3 * Part) + 1)]
    public async Task What_came_is_what_is_read(int? claimed, int sent)
    {
        var content = new byte[sent];
        new Random(sent).NextBytes(content);
        var (read, problem) = await ReadAsync(claimed, content);
        Assert.Null(problem);
        Assert.True(content.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public async Task A_claimed_length_takes_no_more_memory_than_the_first_part()
    {
        await ReadAsync(16 * Part, [1]); // what is made once
        var before = GC.GetAllocatedBytesForCurrentThread();
        await ReadAsync(16 * Part, [1]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * Part);
    }

    private static Task<(byte[]? Body, Outcome? Problem)> ReadAsync(int? claimed, byte[] content)
    {
        var request = new DefaultHttpContext().Request;
        request.ContentLength = claimed;
        request.Body = new MemoryStream(content);
        return ResourceInput.ReadBytesAsync(request, CancellationToken.None);
    }
}
