using System.Runtime.InteropServices;
using MedLedger.Crypto.Arithmetic;

namespace MedLedger.Crypto.Tests.Arithmetic;

/// <summary>Memory that proofs hand on: no secret with it, none twice at once, none after its end.</summary>
public sealed unsafe class BlockPoolTests
{
    private const nuint Size = 1 << 20;

    [LinuxFact]
    public void A_freed_block_is_the_next_one_and_holds_no_secret_of_the_last()
    {
        using var pool = new BlockPool();
        var first = new NativeBlock(Size, pool: pool);
        var address = (nint)first.Start;
        new Span<byte>(first.Start, (int)Size).Fill(0xA5);
        first.Dispose();
        Assert.True(first.Start == null);
        first.Dispose(); // once more: the block is in the pool once

        using var second = new NativeBlock(Size, pool: pool);
        using var third = new NativeBlock(Size, pool: pool);
        Assert.Equal(address, (nint)second.Start);
        Assert.NotEqual(address, (nint)third.Start);
        Assert.False(new ReadOnlySpan<byte>(second.Start, (int)Size).ContainsAnyExcept((byte)0));
    }

    [LinuxFact]
    public void The_smallest_block_that_is_large_enough_is_taken()
    {
        using var pool = new BlockPool();
        var blocks = new[] { 4, 2, 3 }.Select(size => new NativeBlock((nuint)size * Size, pool: pool)).ToList();
        var addresses = blocks.ConvertAll(block => (nint)block.Start);
        blocks.ForEach(block => block.Dispose());
        using var two = new NativeBlock(2 * Size - 1, pool: pool);
        using var three = new NativeBlock(2 * Size, pool: pool);
        using var five = new NativeBlock(5 * Size, pool: pool);
        Assert.Equal(addresses[1], (nint)two.Start);
        Assert.Equal(addresses[2], (nint)three.Start);
        Assert.DoesNotContain((nint)five.Start, addresses);
    }

    [Fact]
    public void Small_blocks_stay_out_of_the_pool()
    {
        using var pool = new BlockPool();
        new NativeBlock(Size / 2, pool: pool).Dispose();
        Assert.False(pool.TryTake(1, out _));
    }

    [LinuxFact]
    public void What_is_freed_after_the_pool_goes_back_to_the_system()
    {
        var pool = new BlockPool();
        var block = new NativeBlock(Size, pool: pool);
        Marshal.WriteByte((nint)block.Start, 1);
        pool.Dispose();
        Assert.Equal(1, Marshal.ReadByte((nint)block.Start)); // in use: still there
        block.Dispose();
        Assert.False(pool.TryTake(1, out _));
    }

    /// <summary>Large blocks are mappings of their own on Linux alone.</summary>
    private sealed class LinuxFactAttribute : FactAttribute
    {
        public LinuxFactAttribute()
        {
            if (!OperatingSystem.IsLinux())
                Skip = "Blocks are pooled on Linux alone.";
        }
    }
}
