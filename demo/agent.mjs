/** A small support agent on the unmodified LangGraph clients: a conversation and a memory. */
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { PostgresStore } from '@langchain/langgraph-checkpoint-postgres/store';
import { usePool } from '../clients/js/tenancy-pool.mjs';

const Conversation = Annotation.Root({
  messages: Annotation({ reducer: (all, more) => all.concat(more), default: () => [] }),
});

/** Rules stand in for a language model, so that every run says the same. */
async function answer({ messages }, { store }) {
  const heard = messages.at(-1).replace(/^user: /, '');
  const fact = heard.match(/remember that (.*)/)?.[1];
  if (fact) {
    await store.put(['memories'], fact.replaceAll(/\W+/g, '-').slice(0, 40), { fact });
    return { messages: ['agent: I will remember.'] };
  }
  const memories = await store.search(['memories'], { limit: 20 });
  const facts = memories.map(({ value }) => value.fact).sort();
  const count = messages.filter((line) => line.startsWith('user: ')).length;
  return {
    messages: [
      `agent: I know that ${facts.join(', and that ')}. This is your message number ${count}.`,
    ],
  };
}

export function supportAgent(pool) {
  const store = usePool(new PostgresStore({ connectionOptions: {}, ensureTables: false }), pool);
  const graph = new StateGraph(Conversation)
    .addNode('answer', answer)
    .addEdge(START, 'answer')
    .addEdge('answer', END)
    .compile({ checkpointer: new PostgresSaver(pool), store });
  const thread = (thread_id) => ({ configurable: { thread_id } });
  return {
    tell: (thread_id, text) => graph.invoke({ messages: [`user: ${text}`] }, thread(thread_id)),
    conversation: async (thread_id) =>
      (await graph.getState(thread(thread_id))).values.messages ?? [],
    memories: async () =>
      (await store.search(['memories'], { limit: 20 })).map(({ value }) => value.fact),
  };
}
