// The real @microsoft/microsoft-graph-client for JavaScript against the twin. Arguments: base URL, token, user id, topic.
// One line of JSON on stdout: what each operation gave.
import {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  GraphError,
  PageIterator,
} from "@microsoft/microsoft-graph-client";

const [baseUrl, token, user, topic] = process.argv.slice(2);
const client = Client.init({
  baseUrl: `${baseUrl}/`,
  defaultVersion: "v1.0",
  customHosts: new Set(["localhost"]), // the client gives its token to Graph's own hosts and these
  authProvider: (done) => done(null, token),
});

const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString();

async function subscriptions() {
  const created = await client.api("/subscriptions").post({
    resource: `users/${user}/messages`,
    changeType: "created,updated,deleted",
    notificationUrl: topic,
    lifecycleNotificationUrl: topic,
    expirationDateTime: inDays(2),
    clientState: "from-javascript",
  });
  const item = client.api(`/subscriptions/${created.id}`);
  const got = await item.get();
  const listed = await client.api("/subscriptions").get();
  const renewed = await item.patch({ expirationDateTime: inDays(4) });
  await client.api(`/subscriptions/${created.id}/reauthorize`).post();
  await client.api(`/subscriptions/${created.id}`).delete();
  const gone = await client.api(`/subscriptions/${created.id}`).get().catch((fault) => fault);
  return {
    echoed: created.clientState,
    hidden: got.clientState,
    listed: listed.value.map((row) => row.id === created.id),
    later: renewed.expirationDateTime > created.expirationDateTime,
    gone: gone instanceof GraphError && [gone.statusCode, gone.code, Boolean(gone.requestId)],
  };
}

async function messages() {
  const path = `/users/${user}/messages`;
  const made = await client.api(path).post({ subject: "from JavaScript" });
  const changed = await client.api(`${path}/${made.id}`).header("Prefer", 'IdType="ImmutableId"').patch({ isRead: true });
  const page = await client.api(path).select(["subject", "isRead"]).top(5).orderby("receivedDateTime desc").get();
  const first = page.value.find((row) => row.id === made.id);
  await client.api(`${path}/${made.id}`).delete();
  const gone = await client.api(`${path}/${made.id}`).get().catch((fault) => fault);
  return { isRead: changed.isRead, found: first?.subject, gone: [gone.statusCode, gone.code] };
}

async function delta() {
  const path = `/users/${user}/mailFolders/inbox/messages`;
  const round = async (url) => {
    const subjects = [];
    const iterator = new PageIterator(client, await client.api(url).get(), (row) => {
      subjects.push(row["@removed"] ? `removed ${row["@removed"].reason}` : row.subject);
      return true;
    });
    await iterator.iterate();
    return [subjects, iterator.getDeltaLink()];
  };
  const ids = [];
  for (const subject of ["one", "two", "three"]) {
    ids.push((await client.api(path).post({ subject })).id);
  }
  const [before, link] = await round(`${path}/delta?$select=subject`);
  await client.api(`/users/${user}/messages/${ids[1]}`).delete();
  await client.api(`/users/${user}/messages/${ids[0]}`).patch({ subject: "one again" });
  const [after] = await round(link);
  return { before: before.sort(), after: after.sort() };
}

async function batch() {
  const request = (path) => new Request(`${baseUrl}${path}`, { method: "GET" }); // the client takes off the host alone
  const content = new BatchRequestContent([
    { id: "1", request: request(`/users/${user}`) },
    { id: "2", request: request("/users/nobody"), dependsOn: ["1"] },
    { id: "3", request: request("/subscriptions"), dependsOn: ["2"] }, // the client takes no other shapes of dependence
  ]);
  const answers = new BatchResponseContent(await client.api("/$batch").post(await content.getContent()));
  const statuses = ["1", "2", "3"].map((id) => answers.getResponseById(id).status);
  return { statuses, name: (await answers.getResponseById("1").json()).displayName };
}

const told = {};
for (const act of [subscriptions, messages, delta, batch]) {
  told[act.name] = await act();
}
console.log(JSON.stringify(told));
