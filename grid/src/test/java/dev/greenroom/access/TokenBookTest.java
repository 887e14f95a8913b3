package dev.greenroom.access;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.greenroom.config.AccessToken;
import dev.greenroom.config.TokenList;
import dev.greenroom.testkit.Canary;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

final class TokenBookTest {
    private static final int TOKENS = 50;
    private static final int TRIES = 100_000;

    @Test
    void finds_whose_token_it_is_wherever_it_stands() {
        var book = book();

        for (var n = 0; n < TOKENS; n++) {
            assertThat(book.find(token(n))).map(AccessToken::name).contains("tenant" + n);
        }
        assertThat(book.find(token(TOKENS))).isEmpty();
        assertThat(book.find("")).isEmpty();
    }

    @Test
    void s3_digests_are_compared_in_constant_time_and_nothing_else_is_compared() {
        var built = new ClassFileImporter().importClasses(TokenBook.class);

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

    /// A measurement of time, and so not for a busy machine: `-Dgreenroom.timing=true`.
    @Test
    @EnabledIfSystemProperty(named = "greenroom.timing", matches = "true")
    void s3_a_token_that_begins_rightly_takes_as_long_as_one_that_does_not() {
        var book = book();
        var near = token(0).substring(0, token(0).length() - 1) + "!";
        var far = "!" + token(0).substring(1);
        List<Long> nearNanos = new ArrayList<>();
        List<Long> farNanos = new ArrayList<>();

        for (var n = 0; n < TRIES; n++) {
            nearNanos.add(nanos(book, near));
            farNanos.add(nanos(book, far));
        }

        var ratio = (double) median(nearNanos) / median(farNanos);
        assertThat(ratio).isBetween(0.97, 1.03);
    }

    private static long nanos(TokenBook book, String shown) {
        var began = System.nanoTime();
        assertThat(book.find(shown).isPresent()).isFalse();
        return System.nanoTime() - began;
    }

    private static long median(List<Long> values) {
        Collections.sort(values);
        return values.get(values.size() / 2);
    }

    private static TokenBook book() {
        return new TokenBook(IntStream.range(0, TOKENS)
                .mapToObj(n -> "tenant" + n + ":" + token(n))
                .flatMap(entry -> TokenList.read(entry) instanceof TokenList.Read.Tokens(var tokens)
                        ? tokens.stream()
                        : List.<AccessToken>of().stream())
                .toList());
    }

    private static String token(int n) {
        return Canary.secret("token-" + n);
    }
}
