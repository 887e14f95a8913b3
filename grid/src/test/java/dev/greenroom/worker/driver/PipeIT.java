package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a driver does with the messages of a browser before Playwright reads them.
@Timeout(60)
class PipeIT {
    /// `passed` reads messages in pieces of so many bytes; answers what comes out, parsed.
    private static final String READING = """
            const {Messages} = require(process.argv[2]);
            let time = 0;
            const reader = (more = {}) => new Messages(
                {maxBrowserMessage: 1e6, maxConsoleText: 1000, maxConsoleRate: 100, ...more}, () => time);
            const passed = (messages, texts, size) => {
              const bytes = Buffer.from(texts.map(text => text + '\\0').join(''));
              const out = [];
              for (let at = 0; at < bytes.length; at += size)
                out.push(...messages.read(bytes.subarray(at, at + size)));
              const all = Buffer.concat(out).toString();
              return all === '' ? [] : all.replace(/\\0$/, '').split('\\0').map(text => JSON.parse(text));
            };
            const log = (...values) => JSON.stringify({method: 'Runtime.consoleAPICalled',
                params: {type: 'log', args: values.map(value => ({type: 'string', value}))}, sessionId: 'S'});
            """;

    @TempDir
    private Path folder;

    @Test
    void what_is_no_console_message_passes_byte_for_byte_however_it_is_cut_into_pieces() throws Exception {
        assertThat(NodeScript.said(folder, "pipe.js", READING + """
                const text = 'é"\\\\\\n'.repeat(5000);
                const messages = [{id: 1, result: {value: text}}, {method: 'Page.frameNavigated', params: {url: text}}, {id: 2, result: {}},
                    {method: 'Runtime.bindingCalled', params: {payload: '{"method":"Runtime.consoleAPICalled"' + text}}];
                for (const size of [1, 7, 199, 200, 201, 4096, 1e9])
                  console.log(JSON.stringify(passed(reader(), messages.map(it => JSON.stringify(it)), size)) === JSON.stringify(messages));
                """).lines())
                .hasSize(7)
                .containsOnly("true");
    }

    @Test
    void a_long_text_in_the_console_is_cut_between_two_characters_with_a_mark_that_names_the_setting()
            throws Exception {
        assertThat(NodeScript.said(folder, "pipe.js", READING + """
                for (const text of ['a', 'é', '€', '\\\\', '"', '\\u0001', '\\ud83d\\ude00'])
                  for (const size of [3, 1000, 1e9]) {
                    const messages = reader({maxConsoleRate: 1e6});
                    const [{method, params: {args}, sessionId}, last] = passed(messages, [log('short', text.repeat(9000), text.repeat(2000)), '{"id":7}'], size);
                    const [short, long, second] = args.map(arg => arg.value);
                    const parts = [long, second].map(value => value.split('… [cut here by the grid, MAX_CONSOLE_TEXT=1000]'));
                    console.log([method, sessionId, short, last.id, messages.cut, parts.every(it => it.length === 2 && it[1] === ''),
                        parts.every(([kept]) => text.repeat(9000).startsWith(kept)), long.length <= 1350, second.length <= 400].join(' '));
                  }
                """).lines())
                .hasSize(21)
                .containsOnly("Runtime.consoleAPICalled S short 7 1 true true true true");
    }

    @Test
    void console_messages_over_the_rate_are_dropped_and_counted_and_nothing_else_is() throws Exception {
        assertThat(NodeScript.said(folder, "pipe.js", READING + """
                const messages = reader();
                const flood = Array.from({length: 1500}, (_, n) => log('n' + n));
                const first = passed(messages, [...flood, '{"id":1}'], 1000);
                time = 1000;
                const second = passed(messages, flood, 1000);
                console.log([first.length, first.at(-1).id, second.length, messages.dropped, messages.count].join(' '));
                """)).isEqualTo("1001 1 100 1900 3001");
    }

    @Test
    void long_texts_count_as_many_messages_so_that_they_do_not_fill_the_memory_either() throws Exception {
        assertThat(NodeScript.said(folder, "pipe.js", READING + """
                const messages = reader({maxConsoleText: 100_000, maxBrowserMessage: 1e8});
                const flood = Array.from({length: 100}, () => log('x'.repeat(1e6)));
                console.log(passed(messages, flood, 65536).length + ' ' + messages.dropped);
                """)).isEqualTo("40 60");
    }

    @Test
    void page_errors_log_entries_and_the_events_of_other_browsers_are_cut_too() throws Exception {
        assertThat(NodeScript.said(folder, "pipe.js", READING + """
                const long = 'x'.repeat(9000);
                const events = [['Runtime.exceptionThrown', {exceptionDetails: {text: long}}], ['Log.entryAdded', {entry: {text: long}}],
                    ['Runtime.console', {args: [{value: long}]}], ['Page.uncaughtError', {message: long, stack: long}],
                    ['Console.messageAdded', {message: {text: long}}]];
                const texts = events.map(([method, params]) => JSON.stringify({method, params}));
                const wrapped = JSON.stringify({method: 'Target.dispatchMessageFromTarget', params: {targetId: '1', message: texts.at(-1)}, pageProxyId: '2'});
                for (const message of passed(reader(), [...texts, wrapped], 50))
                  console.log(JSON.stringify(message).length < 3000 && JSON.stringify(message).includes('MAX_CONSOLE_TEXT'));
                console.log(JSON.parse(passed(reader(), [wrapped], 50)[0].params.message).method);
                """).lines())
                .containsExactly("true", "true", "true", "true", "true", "true", "Console.messageAdded");
    }

    @Test
    void a_message_that_is_too_large_is_the_last_thing_that_is_read() throws Exception {
        assertThat(NodeScript.said(folder, "pipe.js", READING + """
                const messages = reader();
                const before = passed(messages, ['{"id":1}'], 100).length;
                const large = Buffer.from(JSON.stringify({id: 2, result: 'x'.repeat(2e6)}) + '\0{"id":3}\0');
                let bytes = 0;
                for (let at = 0; at < large.length; at += 65536)
                  for (const piece of messages.read(large.subarray(at, at + 65536)))
                    bytes += piece.length;
                console.log(before + ' ' + (messages.tooLarge && bytes <= 1e6) + ' ' + passed(messages, ['{"id":4}'], 100).length);
                """)).isEqualTo("1 true 0");
    }
}
