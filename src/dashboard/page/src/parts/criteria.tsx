// Criteria of one definition: met, not met, unknown, and what would settle it.

import type { Criteria, CriteriaItem } from "../contract";
import { age, number, quantity, when } from "../format";
import { missingWords, neededWords, plain, reasonWords, sentence, tidy, unitWords } from "../words";
import { Tag, VerdictMark } from "./marks";

function itemValue(item: CriteriaItem): string {
  if (item.value !== null) {
    const unit = item.unit === null ? "" : ` ${unitWords(item.unit)}`;
    return `${quantity(item.value, item.comparator)}${unit}${item.baseline === null ? "" : `, baseline ${number(item.baseline)}${unit}`}`;
  }
  return item.presence === null ? (item.verdict === "not_met" ? "none recorded" : "nothing recorded") : plain(item.presence);
}

/** What is missing, and what would settle it. The server's words where they say more than the name and what is missing. */
function settled(item: CriteriaItem): string {
  const said = (item.settle ?? "").replace(/^[^:]*: (?:not recorded|the last word is too old)$/i, "");
  const missing = item.missing === null ? "" : `${sentence(missingWords(item.missing))}. `;
  return `${missing}${said === "" ? neededWords(item.missing) : tidy(said)}`;
}

export function CriteriaTable({ criteria, at }: { criteria: Criteria[]; at: number }) {
  return (
    <div class="criteria">
      {criteria.map((of) => (
        <section key={of.id} class={`criteria-of ${of.verdict}`} data-criteria={of.id} aria-label={of.name}>
          <header>
            <VerdictMark verdict={of.verdict} />
            <h3>{of.name}</h3>
            {!of.verified && <Tag tone="loud">unverified numbers</Tag>}
            {of.said && <Tag>raised an alert</Tag>}
          </header>
          <p class="sub">
            {of.verdict === "not_applicable" && of.reason !== null ? `${sentence(reasonWords(of.reason))}. ` : ""}
            {of.verdict === "met" ? "On recorded values; other causes not excluded. " : ""}
            {of.met_at === null ? "" : `First met ${when(of.met_at)}. `}
            {tidy(of.route)}
          </p>
          {of.verdict !== "not_applicable" && of.items.length > 0 && (
            <table>
              <thead><tr><th scope="col">Item</th><th scope="col">Answer</th><th scope="col">Recorded</th><th scope="col">What would settle it</th></tr></thead>
              <tbody>
                {of.items.map((item) => (
                  <tr key={item.id}>
                    <th scope="row">{tidy(item.name)}</th>
                    <td><VerdictMark verdict={item.verdict} /></td>
                    <td>{itemValue(item)}{item.time === null ? "" : <span class="sub"> {when(item.time)}, {age(item.time, at)} before</span>}</td>
                    <td>{item.verdict === "unknown" ? settled(item) : ""}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      ))}
    </div>
  );
}
