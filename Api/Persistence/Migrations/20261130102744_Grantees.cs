using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MedLedger.Api.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Grantees : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "IX_grants_GranteeKey",
                table: "grants",
                column: "GranteeKey");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_grants_GranteeKey",
                table: "grants");
        }
    }
}
