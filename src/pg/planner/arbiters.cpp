// Which unique index an ON CONFLICT clause names is decided as PostgreSQL decides it
// (infer_arbiter_indexes): the same plain columns, the same expressions, and a predicate that the
// clause's WHERE implies. Collations and operator classes are left to PostgreSQL, which looks again
// afterwards: they can only make an index fit less, and then the statement fails with 42P10.
#include "pg/planner/arbiters.hpp"

#include "pg/planner/isolation_columns.hpp"

namespace tenancy::pg {
namespace {

// An ON CONFLICT target as indexes are compared with it.
struct Target {
  Bitmapset* columns;  // plain columns
  List* expressions;
  List* where;   // implicitly ANDed
  int relation;  // index in the range table
};

Node* copy_of(Node* node) {
  return static_cast<Node*>(copyObjectImpl(node));
}

Target target_of(const Query* query) {
  Target target{nullptr, NIL, NIL, query->resultRelation};
  ListCell* cell;
  foreach (cell, query->onConflict->arbiterElems) {
    Node* const expression = lfirst_node(InferenceElem, cell)->expr;
    if (IsA(expression, Var)) {
      target.columns = bms_add_member(target.columns, castNode(Var, expression)->varattno);
    } else {
      // Indexes keep their expressions with constants folded.
      target.expressions =
          lappend(target.expressions, eval_const_expressions(nullptr, copy_of(expression)));
    }
  }
  Node* where = query->onConflict->arbiterWhere;
  if (where != nullptr) {
    where = eval_const_expressions(nullptr, copy_of(where));
    target.where = make_ands_implicit(
        reinterpret_cast<Expr*>(canonicalize_qual(reinterpret_cast<Expr*>(where), false)));
  }
  return target;
}

Bitmapset* with_columns(const Target& target, const IsolationColumns& isolation) {
  Bitmapset* columns = bms_add_member(bms_copy(target.columns), isolation.tenant);
  if (isolation.user != InvalidAttrNumber) columns = bms_add_member(columns, isolation.user);
  return columns;
}

bool fits(Relation index, const Target& target, const Bitmapset* columns) {
  const FormData_pg_index* const form = index->rd_index;
  if (!form->indisunique || !form->indisvalid) return false;
  Bitmapset* indexed = nullptr;
  for (int i = 0; i < form->indnkeyatts; ++i) {
    if (form->indkey.values[i] != 0) indexed = bms_add_member(indexed, form->indkey.values[i]);
  }
  if (!bms_equal(indexed, columns)) return false;

  List* const expressions = RelationGetIndexExpressions(index);
  List* const predicate = RelationGetIndexPredicate(index);
  if (target.relation != 1) {  // indexes know their table as the only relation there is
    ChangeVarNodes(reinterpret_cast<Node*>(expressions), 1, target.relation, 0);
    ChangeVarNodes(reinterpret_cast<Node*>(predicate), 1, target.relation, 0);
  }
  return list_difference(expressions, target.expressions) == NIL &&
         list_difference(target.expressions, expressions) == NIL &&
         predicate_implied_by(predicate, target.where, false);
}

bool some_index_fits(Relation table, LOCKMODE lock, const Target& target,
                     const Bitmapset* columns) {
  bool found = false;
  ListCell* cell;
  foreach (cell, RelationGetIndexList(table)) {
    Relation index = index_open(lfirst_oid(cell), lock);
    found = fits(index, target, columns);
    index_close(index, NoLock);
    if (found) break;
  }
  return found;
}

// The column's Var asks for no privilege: those were collected when the statement was analysed.
InferenceElem* element_for(Relation table, int relation, AttrNumber column) {
  const FormData_pg_attribute* const attribute = TupleDescAttr(RelationGetDescr(table), column - 1);
  InferenceElem* const element = makeNode(InferenceElem);
  element->expr = reinterpret_cast<Node*>(makeVar(
      relation, column, attribute->atttypid, attribute->atttypmod, attribute->attcollation, 0));
  element->infercollid = InvalidOid;
  element->inferopclass = InvalidOid;
  return element;
}

// Whether the clause names columns or expressions. System columns and whole rows, which no index
// has, are left to PostgreSQL to refuse.
bool names_columns(const OnConflictExpr* clause) {
  if (clause->arbiterElems == NIL || OidIsValid(clause->constraint)) return false;
  ListCell* cell;
  foreach (cell, clause->arbiterElems) {
    Node* const expression = lfirst_node(InferenceElem, cell)->expr;
    if (IsA(expression, Var) && castNode(Var, expression)->varattno <= 0) return false;
  }
  return true;
}

}  // namespace

void complete_arbiters(Query* query) {
  OnConflictExpr* const clause = query->onConflict;
  if (!names_columns(clause)) return;

  // Whoever analysed the statement, or fetched it from a cache, holds the table's lock.
  const RangeTblEntry* const entry = rt_fetch(query->resultRelation, query->rtable);
  Relation table = table_open(entry->relid, NoLock);
  const IsolationColumns isolation = isolation_columns_of(table);
  if (isolation.tenant != InvalidAttrNumber) {
    const Target target = target_of(query);
    Bitmapset* const completed = with_columns(target, isolation);
    if (!bms_equal(completed, target.columns) &&
        !some_index_fits(table, entry->rellockmode, target, target.columns) &&
        some_index_fits(table, entry->rellockmode, target, completed)) {
      Bitmapset* const missing = bms_difference(completed, target.columns);
      for (int column = -1; (column = bms_next_member(missing, column)) >= 0;) {
        clause->arbiterElems =
            lappend(clause->arbiterElems,
                    element_for(table, query->resultRelation, static_cast<AttrNumber>(column)));
      }
    }
  }
  table_close(table, NoLock);
}

}  // namespace tenancy::pg
