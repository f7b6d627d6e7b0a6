using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MedLedger.Api.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class PatientTrees : Migration
    {
        // Rows that are found by their keys lie in the tree of the keys alone (WITHOUT ROWID), not in it and beside it.
        private const string Clustered = """
            CREATE TABLE new_leaves (
                PatientKey TEXT NOT NULL, Position INTEGER NOT NULL, Since INTEGER NOT NULL,
                RecordKey TEXT NOT NULL, Version INTEGER NOT NULL, Leaf BLOB NOT NULL,
                CONSTRAINT PK_leaves PRIMARY KEY (PatientKey, Position, Since),
                CONSTRAINT FK_leaves_patients_PatientKey FOREIGN KEY (PatientKey) REFERENCES patients (PatientKey)
                    ON DELETE CASCADE
            ) WITHOUT ROWID;
            INSERT INTO new_leaves (PatientKey, Position, Since, RecordKey, Version, Leaf)
                SELECT PatientKey, Position, Since, RecordKey, Version, Leaf FROM leaves
                ORDER BY PatientKey, Position, Since;
            DROP TABLE leaves;
            ALTER TABLE new_leaves RENAME TO leaves;
            CREATE TABLE new_tokens (
                Token TEXT NOT NULL, RecordKey TEXT NOT NULL,
                CONSTRAINT PK_tokens PRIMARY KEY (Token, RecordKey)
            ) WITHOUT ROWID;
            INSERT INTO new_tokens (Token, RecordKey) SELECT Token, RecordKey FROM tokens ORDER BY Token, RecordKey;
            DROP TABLE tokens;
            ALTER TABLE new_tokens RENAME TO tokens;
            CREATE TABLE new_search (
                PatientKey TEXT NOT NULL, RecordKey TEXT NOT NULL, Tokens BLOB NOT NULL,
                CONSTRAINT PK_search PRIMARY KEY (PatientKey, RecordKey)
            ) WITHOUT ROWID;
            INSERT INTO new_search (PatientKey, RecordKey, Tokens)
                SELECT PatientKey, RecordKey, Tokens FROM search ORDER BY PatientKey, RecordKey;
            DROP TABLE search;
            ALTER TABLE new_search RENAME TO search;
            CREATE INDEX IX_search_RecordKey ON search (RecordKey);
            """;

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "Since",
                table: "patients",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.Sql(
                """
                UPDATE patients SET Since =
                    coalesce((SELECT max(l.Since) FROM leaves l WHERE l.PatientKey = patients.PatientKey), 0);
                """);

            migrationBuilder.Sql(Clustered);

            migrationBuilder.CreateIndex(
                name: "IX_tokens_RecordKey",
                table: "tokens",
                column: "RecordKey");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_tokens_RecordKey",
                table: "tokens");

            migrationBuilder.DropColumn(
                name: "Since",
                table: "patients");

            migrationBuilder.CreateIndex(
                name: "IX_leaves_RecordKey",
                table: "leaves",
                column: "RecordKey");
        }
    }
}
