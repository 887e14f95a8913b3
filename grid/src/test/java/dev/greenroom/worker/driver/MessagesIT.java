package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What ends a connection to a driver before anything has read the message.
@Timeout(60)
class MessagesIT {
    private static final String GATE = """
            const {Gate, malformed} = require(process.argv[2]);
            let now = 0;
            const gate = new Gate({maxClientMessageRate: 100, maxClientDataRate: 1e9}, () => now);
            const say = text => console.log(gate.refusal(Buffer.from(text)));
            """;

    @TempDir
    private Path folder;

    private String said(String text) throws Exception {
        return NodeScript.said(folder, "messages.js", GATE + text);
    }

    @Test
    void a_message_is_judged_by_its_structure_and_not_by_what_its_texts_contain() throws Exception {
        var said = said("""
                const deep = depth => '['.repeat(depth) + ']'.repeat(depth);
                say(deep(1000));
                say(deep(1001));
                say('{"a":' + '{"b":'.repeat(1000) + '1' + '}'.repeat(1001));
                say(JSON.stringify({source: deep(5000) + '\\\\"' + deep(5000), key: ',,,'.repeat(3e6)}));
                say('[' + '{},'.repeat(2e6) + '{}]');
                say('["\\\\');
                """);

        assertThat(said.lines())
                .containsExactly(
                        "undefined",
                        "deeper than 1000 levels",
                        "deeper than 1000 levels",
                        "undefined",
                        "more than 4000000 values",
                        "undefined");
    }

    @Test
    void a_field_that_is_called_like_the_prototype_is_refused_however_it_is_written() throws Exception {
        var said = said("""
                say('{"params":{"__proto__":{}}}');
                say('{"params":{"__proto__"  \\n :{}}}');
                say('{"params":{"\\\\u005f_proto_\\\\u005F":{}}}');
                say('{"params":"__proto__","a":["__proto__"],"it\\\\"s":1}');
                say(JSON.stringify({expression: 'a => ({"__proto__": a})'}));
                """);

        assertThat(said.lines())
                .containsExactly(
                        "a field \"__proto__\"",
                        "a field \"__proto__\"",
                        "a field \"__proto__\"",
                        "undefined",
                        "undefined");
    }

    @Test
    void a_burst_passes_and_a_flood_does_not() throws Exception {
        var said = said("""
                const seconds = (count, each) => {
                  let refused;
                  for (let n = 0; n < count && !refused; n++) {
                    now += 1000;
                    for (let m = 0; m < each; m++)
                      refused ??= gate.refusal(Buffer.from('{}'));
                  }
                  console.log(refused);
                };
                seconds(1, 900);
                seconds(30, 100);
                seconds(30, 150);
                """);

        assertThat(said.lines())
                .containsExactly("undefined", "undefined", "over MAX_CLIENT_MESSAGE_RATE (100) for 10 s");
    }

    @Test
    void the_bytes_of_messages_have_a_rate_of_their_own() throws Exception {
        var said = said("""
                const small = new Gate({maxClientMessageRate: 1e9, maxClientDataRate: 100}, () => now);
                console.log(small.refusal(Buffer.alloc(1000, ' ')));
                console.log(small.refusal(Buffer.alloc(1)));
                """);

        assertThat(said.lines()).containsExactly("undefined", "over MAX_CLIENT_DATA_RATE (100) for 10 s");
    }

    @Test
    void what_has_not_the_shape_of_its_protocol_is_said_to_have_which_field_wrong() throws Exception {
        var said = said("""
                const shape = {id: ['number', 'missing'], method: ['string'], params: ['object', 'missing']};
                for (const message of [null, [], 'x', 3, {method: 'm'}, {id: 1, method: 'm', params: null}, {id: '1', method: 'm'},
                    {id: 1}, {id: 1, method: ['m']}, {id: 1, method: 'm', params: []}])
                  console.log(malformed(message, shape));
                """);

        assertThat(said.lines())
                .containsExactly(
                        "not a JSON object",
                        "not a JSON object",
                        "not a JSON object",
                        "not a JSON object",
                        "undefined",
                        "undefined",
                        "its \"id\" is not number or missing",
                        "its \"method\" is not string",
                        "its \"method\" is not string",
                        "its \"params\" is not object or missing");
    }
}
