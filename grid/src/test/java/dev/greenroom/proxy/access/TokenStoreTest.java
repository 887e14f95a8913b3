package dev.greenroom.proxy.access;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.greenroom.config.TokenList;
import dev.greenroom.config.TokenList.AccessToken;
import dev.greenroom.testkit.Canary;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class TokenStoreTest {
    private static final int TOKENS = 50;

    @Test
    void finds_a_token_at_any_position_of_the_list() {
        var book = book();

        for (var n = 0; n < TOKENS; n++) {
            assertThat(book.find(token(n))).map(AccessToken::name).contains("tenant" + n);
        }
        assertThat(book.find(token(TOKENS))).isEmpty();
        assertThat(book.find("")).isEmpty();
    }

    @Test
    void s3_digests_are_compared_in_constant_time_and_nothing_else_is_compared() {
        var built = new ClassFileImporter().importClasses(TokenStore.class);

        classes()
                .should()
                .callMethod(MessageDigest.class, "isEqual", byte[].class, byte[].class)
                .check(built);
        noClasses()
                .should()
                .callMethod(String.class, "equals", Object.class)
                .orShould()
                .callMethod(String.class, "startsWith", String.class)
                .orShould()
                .callMethod(String.class, "compareTo", String.class)
                .orShould()
                .callMethod(Map.class, "get", Object.class)
                .orShould()
                .callMethod(java.util.Arrays.class, "equals", byte[].class, byte[].class)
                .check(built);
    }

    static TokenStore book() {
        return new TokenStore(IntStream.range(0, TOKENS)
                .mapToObj(n -> "tenant" + n + ":" + token(n))
                .flatMap(entry -> TokenList.read(entry) instanceof TokenList.ParsedTokens.Tokens(var tokens)
                        ? tokens.stream()
                        : List.<AccessToken>of().stream())
                .toList());
    }

    static String token(int n) {
        return Canary.secret("token-" + n);
    }
}
