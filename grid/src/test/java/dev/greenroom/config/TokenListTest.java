package dev.greenroom.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.CommandSettings.UpSettings;
import dev.greenroom.config.SettingsReader.SettingsResult;
import dev.greenroom.config.TokenList.AccessToken;
import dev.greenroom.config.TokenList.AccessToken.Scope;
import dev.greenroom.config.TokenList.AccessToken.TokenLimits;
import dev.greenroom.testkit.Canary;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenListTest {
    private static final String TOKEN = Canary.secret("ci");

    @Test
    void an_entry_has_a_name_a_token_limits_and_scopes() {
        var tokens = tokens("ci:" + TOKEN + " sessions=20 connects=120 queue=0 scope=connect+admin");

        assertThat(tokens)
                .containsExactly(new AccessToken(
                        "ci",
                        TokenList.digest(TOKEN),
                        new TokenLimits(OptionalInt.of(20), OptionalInt.of(120), OptionalInt.of(0)),
                        Set.of(Scope.CONNECT, Scope.ADMIN)));
    }

    @Test
    void a_token_that_says_nothing_else_is_good_for_sessions_and_for_reading() {
        var token = tokens(TOKEN).getFirst();

        assertThat(token.name()).isEqualTo("token1");
        assertThat(token.allows(Scope.CONNECT)).isTrue();
        assertThat(token.allows(Scope.READ)).isTrue();
        assertThat(token.allows(Scope.ADMIN)).isFalse();
    }

    @Test
    void who_may_change_things_may_look_at_them() {
        assertThat(tokens("ops:" + TOKEN + " scope=admin").getFirst().allows(Scope.READ))
                .isTrue();
        assertThat(tokens("ops:" + TOKEN + " scope=admin").getFirst().allows(Scope.CONNECT))
                .isFalse();
    }

    @Test
    void a_file_has_an_entry_a_line_comments_and_room() {
        var text = "# tenants, and\n\n  a:" + TOKEN + "1\r\nb:" + TOKEN + "2, a:" + TOKEN + "3\n";

        assertThat(tokens(text)).extracting(AccessToken::name).containsExactly("a", "b", "a");
    }

    @Test
    void a_digest_stands_for_its_token() {
        var digest = TokenList.digest(TOKEN);

        assertThat(tokens("ci:sha256:" + digest)).isEqualTo(tokens("ci:" + TOKEN));
        assertThat(tokens("sha256:" + digest).getFirst().digest()).isEqualTo(digest);
    }

    @ParameterizedTest(name = "{index}")
    @ValueSource(
            strings = {
                "",
                "# nobody",
                "ci:too-shor",
                "ci:canary 0123456789abcdef",
                "c i:canary-0123456789abcdef",
                ":canary-0123456789abcdef",
                "ci:canary-ünicode-0123456789",
                "ci:sha256:canary0123456789",
                "ci:canary-0123456789abcdef sessions=0",
                "ci:canary-0123456789abcdef connects=-1",
                "ci:canary-0123456789abcdef queue=9999999",
                "ci:canary-0123456789abcdef canary",
                "ci:canary-0123456789abcdef scope=canary",
                "ci:canary-0123456789abcdef scope=",
                "a:canary-0123456789abcdef,b:canary-0123456789abcdef"
            })
    void what_breaks_a_rule_is_refused_as_a_whole_without_a_word_of_it(String entry) {
        var text = entry.replace("canary", Canary.mark());

        var read =
                TokenList.read("good:fedcba9876543210\n".repeat(text.isBlank() || text.startsWith("#") ? 0 : 1) + text);

        assertThat(read)
                .isInstanceOfSatisfying(
                        TokenList.ParsedTokens.Broken.class,
                        broken -> assertThat(broken.rule()).isNotBlank().doesNotContain(Canary.mark()));
    }

    @Test
    void a_wrong_token_is_reported_with_its_setting_and_rule_and_not_with_its_value() {
        var environment = java.util.Map.of("AUTH_TOKENS", "ci:" + Canary.secret("ünicode"));

        var reading = CommandSettings.reader(SettingRow.HOME).read(UpSettings.class, environment, java.util.Map.of());

        assertThat(reading)
                .isInstanceOfSatisfying(
                        SettingsResult.Invalid.class,
                        invalid -> assertThat(invalid.problems().toString())
                                .startsWith("[AUTH_TOKENS=******: entry 1 needs a token of 16 to 256")
                                .doesNotContain(Canary.mark()));
    }

    private static List<AccessToken> tokens(String text) {
        return switch (TokenList.read(text)) {
            case TokenList.ParsedTokens.Tokens(var tokens) -> tokens;
            case TokenList.ParsedTokens.Broken(var rule) -> throw new AssertionError(rule);
        };
    }
}
